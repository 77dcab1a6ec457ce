"""Concerns as ServiceRequests: somebody asks that a death be looked at.

What the family or staff said is read by few: whoever raised it, whoever leads or is asked to lead a
review, and the area's board.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance import canonical
from registry.core.concern import Concern
from registry.core.derive import Involvement, PersonState
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, valued

_READERS = {Involvement.LEAD, Involvement.ICB, Involvement.CONTRIBUTOR}


def concern_key(concern: Concern) -> str:
    """What a concern is about its person, for its id."""
    return f"concern {concern.number}"


def requests(drawing: Drawing) -> Iterator[tuple[Resource, tuple[str, ...]]]:
    """One ServiceRequest for each concern, with the organisations that may read it."""
    for concern in drawing.state.concerns:
        yield _request(drawing, concern), readers_of_concern(concern, drawing.state)


def readers_of_concern(concern: Concern, state: PersonState) -> tuple[str, ...]:
    """Takes a concern and the state of the person it is about; returns the organisations (ODS
    codes) that may read it."""
    readers = {ods for ods, why in state.involvement.items() if _READERS.intersection(why)}
    return tuple(sorted({*readers, concern.organisation}))


def _request(drawing: Drawing, concern: Concern) -> Resource:
    codes = [concern.kind, *sorted(concern.recommendations)]
    return valued(
        resourceType="ServiceRequest",
        id=drawing.id(concern_key(concern)),
        meta={"profile": [canonical.CONCERN]},
        identifier=[{"system": canonical.CONCERN_ID, "value": concern.number}],
        status="revoked" if concern.is_withdrawn else "active",
        intent="proposal",
        code={"text": "Review of the care before a death"},
        subject=drawing.subject(),
        authoredOn=concern.raised_at.isoformat(),
        requester=drawing.organisation(concern.organisation),
        reasonCode=[concept(canonical.CONCERN_KIND, code, _text(code)) for code in codes],
        note=[{"text": concern.text}] if concern.text else [],
    )


def _text(code: str) -> str:
    return code.replace("-", " ").capitalize()
