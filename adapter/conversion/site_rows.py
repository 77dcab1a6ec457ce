"""What a sender's Z-segments say, by the rows of its site file; it comes last, and wins."""

from __future__ import annotations

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.groups import Group
from adapter.conversion.segment_maps import SegmentMaps, WriteSegment
from mappings import Site


class SiteRows:
    """The rows of a site file about Z-segments, compiled; SourceError for what cannot be."""

    def __init__(self, maps: SegmentMaps, site: Site) -> None:
        self._writers: dict[str, list[tuple[str, WriteSegment]]] = {}
        for mapping in site.z_maps:
            writer = mapping.v2, maps.compile(mapping)
            self._writers.setdefault(mapping.fhir, []).append(writer)

    def write(self, group: Group, resource: Resource, draft: Draft) -> None:
        """Takes a person's segments and a resource; fills in what their Z-segments say of it."""
        for segment_id, write in self._writers.get(resource["resourceType"], ()):
            for number, segment in enumerate(group.all(segment_id), 1):
                write(segment, draft, f"{segment_id}[{number}]", resource)
