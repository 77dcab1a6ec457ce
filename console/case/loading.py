"""A case as the record has it for the person of a session."""

from __future__ import annotations

from datetime import date

from console.case.case import Case
from console.record import Record
from console.session.session import Session

# What refers to a person, and is brought along with the Patient.
_BROUGHT = ("Task", "Observation", "Flag", "Encounter", "Condition", "ServiceRequest")


async def load(record: Record, session: Session, patient_id: str, today: date) -> Case | None:
    """Takes the record, whose session it is, the id of a Patient and London's date; returns the
    case, None where there is none for them to see."""
    assert session.place is not None
    brought = [("_revinclude", f"{name}:patient") for name in _BROUGHT]
    found = (await record.search("Patient", ("_id", patient_id), *brought)).resources
    if not found:
        return None
    told = await record.all("Provenance", ("patient", f"Patient/{patient_id}"), ("_count", "1000"))
    place = session.place
    return Case([*found, *told], place.organisation, place.role, today)
