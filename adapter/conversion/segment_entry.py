"""Segments that become an entry of their own about a person, such as NK1, AL1, OBX and PR1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapter.conversion.draft import Draft, Reference, Resource, copied, reference
from adapter.conversion.groups import Group
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.stable_id import stable_id
from adapter.er7 import Segment
from nhs import addresses

_NO_PROFILE = {"Account", "Coverage"}
"""UK Core has no profile of these."""


@dataclass(slots=True)
class About:
    """Whose segments they are: the Patient, the Encounter where there is one, and the PID group;
    `person` is a reference to the Patient."""

    patient: Resource
    stay: Resource | None
    group: Group
    person: Reference


Finish = Callable[[Resource, Segment, str, About, Draft], None]
"""Takes the resource as its rows wrote it, the segment, its label, whose it is, and the draft."""


def _as_written(_r: Resource, _s: Segment, _label: str, _about: About, _draft: Draft) -> None:
    """For segments whose rows say it all."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a segment becomes. `person` and `stay` are the elements that refer to the Patient and
    the Encounter, `key` the fields that tell two such segments of one person apart, `requires`
    the elements of which one must be written, `only_with` the field without which there is
    nothing to write (0: none), and `fixed` what every such resource says."""

    map: str
    resource: str
    person: str
    stay: str = ""
    key: tuple[int, ...] = ()
    requires: tuple[str, ...] = ()
    only_with: int = 0
    fixed: dict[str, Any] = field(default_factory=dict[str, Any])
    finish: Finish = _as_written


def write_entry(
    kind: Kind, segment: Segment, label: str, about: About, draft: Draft, maps: SegmentMaps
) -> Reference | None:
    """Takes a kind and one segment; adds its entry, or nothing where the segment says nothing."""
    if kind.only_with and not segment.field(kind.only_with):
        return None
    resource = head(kind.resource, _key(kind, segment, about, draft))
    if kind.fixed:
        resource |= copied(kind.fixed)
    maps[kind.map](segment, draft, label, resource)
    kind.finish(resource, segment, label, about, draft)
    if kind.requires and resource.keys().isdisjoint(kind.requires):
        return None
    resource[kind.person] = about.person
    if kind.stay and about.stay:
        resource[kind.stay] = reference(about.stay["id"])
    return place(resource, draft)


def head(resource_type: str, key: tuple[str, ...]) -> Resource:
    """Takes a type and what tells the thing apart; returns the beginning of its resource."""
    begun: Resource = {"resourceType": resource_type, "id": stable_id(resource_type, *key)}
    if resource_type not in _NO_PROFILE:
        begun["meta"] = {"profile": [addresses.UK_CORE_PROFILE + resource_type]}
    return begun


def place(resource: Resource, draft: Draft) -> Reference:
    """Takes a whole resource; adds it. Another with the same key gets an id of its own: a message
    may say two things of one code, and neither is lost."""
    while (there := draft.entries.get(resource["id"])) is not None and there != resource:
        resource["id"] = stable_id(resource["resourceType"], resource["id"], "another")
    return draft.add(resource)


def _key(kind: Kind, segment: Segment, about: About, draft: Draft) -> tuple[str, ...]:
    stay = about.stay["id"] if kind.stay and about.stay else ""
    told = [segment.field(number) for number in kind.key]
    return (draft.sender.key, about.patient["id"], stay, kind.map, *told)
