"""The site file that a command names, read with an error a person can act on."""

from __future__ import annotations

from pathlib import Path

from lfd.failure import Failure
from mappings import MappingError, Site


def site(path: Path | None) -> Site:
    """Takes the path of a site file or None; returns the site, the default one without a path."""
    if path is None:
        return Site.default()
    try:
        return Site.load(path)
    except (MappingError, OSError) as error:
        raise Failure(f"the site file cannot be used: {error}") from error
