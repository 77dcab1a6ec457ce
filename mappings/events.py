"""The ADT trigger events: what each is about, and what it makes of the state of a stay."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from yaml_source import Source, open_source


class Subject(Enum):
    """What a trigger event is about."""

    STAY = "stay"
    PERSON = "person"
    MERGE = "merge"  # two records of one person become one; MRG holds the prior one
    LINK = "link"  # two records of one person, both kept
    RENUMBER = "renumber"  # a stay goes on under another visit number; MRG-5 holds the prior one
    NOTHING = "nothing"


STATUSES = ("planned", "arrived", "in-progress", "finished", "cancelled", "unknown")


@dataclass(frozen=True, slots=True)
class Event:
    """One trigger event. The statuses are of the Encounter: without PV1-45, with it, and without
    it where PV1-2 is preadmit. `reason` says why an event about nothing is not converted."""

    code: str
    subject: Subject
    status: str = "unknown"
    status_discharged: str = "finished"
    status_preadmit: str = "unknown"
    reason: str = ""


def load_events(path: Path) -> dict[str, Event]:
    """Takes the file of events; returns them by code. SourceError for a mistake."""
    table = open_source(path).need("events").table()
    return {code: _event(code, source) for code, source in table.items()}


def _event(code: str, source: Source) -> Event:
    subject, _, rest = source.text().partition(" ")
    if subject not in {s.value for s in Subject}:
        raise source.error(f"expected one of {', '.join(s.value for s in Subject)}")
    about = Subject(subject)
    if about is Subject.NOTHING:
        if not rest.strip():
            raise source.error("expected the reason why the event is not converted")
        return Event(code, about, reason=rest.strip())
    statuses = rest.split()
    if not statuses and about is not Subject.STAY:
        return Event(code, about)
    if len(statuses) not in {2, 3} or not set(statuses) <= set(STATUSES):
        raise source.error(f"expected two or three of {', '.join(STATUSES)}")
    return Event(code, about, statuses[0], statuses[1], statuses[-1 if len(statuses) == 3 else 0])
