"""What references and concepts of FHIR resources say to people."""

from __future__ import annotations

from typing import Any

from registry.core.steps.task import first_coding

Resource = dict[str, Any]


def code_of(concept: Resource | None) -> str:
    """Takes a CodeableConcept; returns its first code, empty where it has none."""
    return str(first_coding(concept or {}).get("code", ""))


def words_of(concept: Resource | None) -> str:
    """Takes a CodeableConcept; returns its words, else its code."""
    return str((concept or {}).get("text") or code_of(concept))


def ods_of(reference: Resource | None) -> str | None:
    """Takes a Reference to an organisation; returns its ODS code."""
    return (reference or {}).get("identifier", {}).get("value")


def name_of(reference: Resource | None) -> str:
    """Takes a Reference; returns the name it shows, else the ODS code."""
    return str((reference or {}).get("display") or ods_of(reference) or "")


def id_of(reference: Resource | None) -> str:
    """Takes a Reference; returns the id it names, empty where it names none."""
    return str((reference or {}).get("reference", "")).rpartition("/")[2]
