"""All mappings of this package together, read and checked once when a process starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mappings.codes import CodeMap, load_codes
from mappings.death import DeathRules, load_death
from mappings.events import Event, load_events
from mappings.flags import FlagList, load_flags
from mappings.maps import FOLDER, MapFile, load_datatype_maps, load_segment_maps
from mappings.site import Site
from mappings.site_codes import overlaid


@dataclass(frozen=True, slots=True)
class Mappings:
    """Segment maps, data type maps, code maps, flag lists, trigger events, rules of death."""

    segments: dict[str, MapFile]
    datatypes: dict[str, MapFile]
    codes: dict[str, CodeMap]
    flags: list[FlagList]
    events: dict[str, Event]
    death: DeathRules

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Mappings:
        """Takes the folder that holds them; SourceError for the first mistake found."""
        return cls(
            segments=load_segment_maps(folder / "segments"),
            datatypes=load_datatype_maps(folder / "datatypes"),
            codes=load_codes(folder / "codes"),
            flags=load_flags(folder / "flags"),
            events=load_events(folder / "events.yaml"),
            death=load_death(folder / "death.yaml"),
        )

    def for_site(self, site: Site) -> Mappings:
        """Takes a site; returns these mappings with the codes of its sender laid over them."""
        return replace(self, codes=overlaid(self.codes, site.codes))
