"""What a person's Reasonable Adjustment flag may mean, read from the patient-flags service.

Source: NHS England, Reasonable Adjustment Digital Flag (DAPB4019): impairments are Conditions coded
in England-ConditionCodeRA. "Learning or understanding or concentrating" is no learning disability,
and "Mental health" no severe mental illness: each is possible evidence, for a person to look at.
What adjustments somebody needs, and any notes, are not taken.
"""

from __future__ import annotations

from typing import Any

from registry.core.flags import LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS
from registry.core.statement import EvidenceStated
from registry.national.demographics import UnreadableAnswer
from registry.national.foreign_json import Json, as_object, codes, objects

CONDITION_CODE = "https://fhir.nhs.uk/England/CodeSystem/England-ConditionCodeRA"
_POSSIBLE = {
    "learning": (
        f"possible-{LEARNING_DISABILITY}",
        "Learning or understanding or concentrating (reasonable adjustments)",
    ),
    "mental-health": (
        f"possible-{SEVERE_MENTAL_ILLNESS}",
        "Mental health (reasonable adjustments)",
    ),
}
_ENDED = {"inactive", "remission", "resolved"}
_WRONG = {"entered-in-error", "refuted"}


def adjustments(bundle: Any) -> tuple[EvidenceStated, ...]:
    """Takes the JSON of the answer to a search for a person's flag (a searchset Bundle); returns
    the evidence that stands now. Raises UnreadableAnswer."""
    said = as_object(bundle)
    if said.get("resourceType") != "Bundle":
        raise UnreadableAnswer("the answer is no Bundle")
    found = {
        code
        for entry in objects(said.get("entry"))
        for code in _impairments(as_object(entry.get("resource")))
    }
    return tuple(
        EvidenceStated(flag, CONDITION_CODE, code, display=display)
        for code, (flag, display) in sorted(_POSSIBLE.items())
        if code in found
    )


def _impairments(resource: Json) -> set[str]:
    if resource.get("resourceType") != "Condition":
        return set()
    if codes(resource.get("clinicalStatus")) & _ENDED:
        return set()
    if codes(resource.get("verificationStatus")) & _WRONG:
        return set()
    codings = objects(as_object(resource.get("code")).get("coding"))
    return {str(c.get("code")) for c in codings if c.get("system") == CONDITION_CODE}
