"""The site file that a command names, read with an error a person can act on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.site_rows import SiteRows
from lfd.failure import Failure
from mappings import PROCESSING_IDS, Mappings, Site
from yaml_source import SourceError


def site(path: Path | None, organisation: str | None = None) -> Site:
    """Takes the path of a site file (None: the defaults) and the ODS code of the one sender to
    take (None: as the site file says); returns the site."""
    read = Site.default() if path is None else _load(path)
    return replace(read, organisation=organisation.upper()) if organisation else read


def of_a_test_system(site: Site) -> Site:
    """Takes a site; returns it with training and debugging messages taken as well: for `lfd up`,
    which never holds real people."""
    return replace(site, processing_ids=PROCESSING_IDS)


def _load(path: Path) -> Site:
    try:
        read = Site.load(path)
        _check_rows(read)
    except (SourceError, OSError) as error:
        raise Failure(f"the site file cannot be used: {error}") from error
    return read


def _check_rows(read: Site) -> None:
    """Takes a site; SourceError where a row about a Z-segment cannot be compiled, so that it is
    told here and not with a trace when a converter is made."""
    if read.z_maps:
        SiteRows(SegmentMaps(Mappings.load().for_site(read)), read)
