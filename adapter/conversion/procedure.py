"""Procedures: PR1 as a UK Core Procedure (v2-to-FHIR PR1[Procedure]).

ADT reports what was done, so the state is completed; PR1-20 `D` withdraws.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.hl7_time import read_time
from adapter.conversion.segment_entry import About
from adapter.er7 import NO_VALUE, Segment

DELETED = "D"
_LONGEST = 7 * 24 * 60


def finish(procedure: Resource, pr1: Segment, label: str, _about: About, draft: Draft) -> None:
    """Takes a procedure as its rows wrote it; adds its state and when it was done."""
    withdrawn = pr1.text(20).upper() == DELETED
    procedure["status"] = "entered-in-error" if withdrawn else "completed"
    written = pr1.text(5)
    if written in NO_VALUE:
        return
    time = read_time(written, draft.site.time_zone)
    if time.issue:
        draft.note(time.issue, f"{label}-5")
    minutes = pr1.text(7)
    if time.is_full and minutes.isascii() and minutes.isdigit() and int(minutes) <= _LONGEST:
        end = datetime.fromisoformat(time.text) + timedelta(minutes=int(minutes))
        procedure["performedPeriod"] = {"start": time.text, "end": end.isoformat()}
    elif time.text:
        procedure["performedDateTime"] = time.text
