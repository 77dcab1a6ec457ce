"""The site file that a command names, read with an error a person can act on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lfd.failure import Failure
from mappings import MappingError, Site


def site(path: Path | None, organisation: str | None = None) -> Site:
    """Takes the path of a site file (None: the defaults) and the ODS code of the one sender to
    take (None: as the site file says); returns the site."""
    read = Site.default() if path is None else _load(path)
    return replace(read, organisation=organisation.upper()) if organisation else read


def _load(path: Path) -> Site:
    try:
        return Site.load(path)
    except (MappingError, OSError) as error:
        raise Failure(f"the site file cannot be used: {error}") from error
