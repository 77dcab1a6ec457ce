"""Diagnoses: each coded DG1 as a UK Core Condition, with the flags that it is evidence of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.conversion.diagnosis_code import is_icd10, normalise_icd10
from adapter.conversion.diagnosis_role import enter_diagnosis
from adapter.conversion.draft import Draft, Reference, Resource, coding, concept, reference
from adapter.conversion.flag import mark_evidence, write_flag
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.stable_id import stable_id
from adapter.conversion.text_values import local_coding, text
from adapter.er7 import NO_VALUE, NULL, Segment
from mappings import CodeMap, FlagList
from nhs import addresses

DELETED = "D"
"""HL7 table 0206, in DG1-21."""


@dataclass(frozen=True, slots=True)
class ConditionWriter:
    """Writes Conditions and Flags with the compiled maps, code tables and flag lists."""

    maps: SegmentMaps
    systems: CodeMap
    certainty: CodeMap
    flags: list[FlagList]

    def write_all(
        self, diagnoses: Sequence[Segment], patient: Reference, stay: Resource | None, draft: Draft
    ) -> None:
        """Takes the DG1 segments of a person; adds their Conditions and Flags.

        What is deleted comes last: a diagnosis that another line of the message still makes stands.
        """
        numbered = list(enumerate(diagnoses, 1))
        for number, dg1 in sorted(numbered, key=lambda item: is_deleted(item[1])):
            code = self._coding(dg1, f"DG1[{number}]", draft)
            if code is not None:
                self._write(dg1, f"DG1[{number}]", code, patient, stay, draft)

    def _write(
        self,
        dg1: Segment,
        label: str,
        code: Resource,
        patient: Reference,
        stay: Resource | None,
        draft: Draft,
    ) -> None:
        condition = self._head(dg1, code, patient, stay, draft)
        condition |= self._certainty(dg1, label, draft)
        self.maps["DG1[Condition]"](dg1, draft, label, condition)
        draft.add(condition)
        if stay and not is_deleted(dg1):
            enter_diagnosis(stay, condition, dg1)
        for flag in self.flags:
            if flag.holds(code["system"], code["code"]):
                mark_evidence(code, flag)
                write_flag(flag, condition, is_deleted(dg1), draft)

    def _head(
        self, dg1: Segment, code: Resource, patient: Reference, stay: Resource | None, draft: Draft
    ) -> Resource:
        visit = stay["id"] if stay else ""
        key = (patient["reference"], visit, code["system"], code["code"])
        condition: Resource = {
            "resourceType": "Condition",
            "id": stable_id("Condition", draft.sender.key, *key),
            "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Condition"]},
            "category": [concept(addresses.CONDITION_CATEGORY, "encounter-diagnosis")],
            "code": {"coding": [code]},
            "subject": patient,
        }
        words = dg1.text(4, subcomponent=0) or dg1.text(3, 2, subcomponent=0)
        if words not in NO_VALUE and (cleaned := text(words, draft, "")):
            condition["code"]["text"] = cleaned
        if stay:
            condition["encounter"] = reference(stay["id"])
        return condition

    def _certainty(self, dg1: Segment, label: str, draft: Draft) -> Resource:
        """DG1-21 and DG1-6. FHIR con-5: what was entered in error has no clinical status."""
        if is_deleted(dg1):
            wrong = concept(addresses.CONDITION_VERIFICATION_STATUS, "entered-in-error")
            return {"verificationStatus": wrong}
        standing: Resource = {
            "clinicalStatus": concept(addresses.CONDITION_CLINICAL_STATUS, "active")
        }
        written = dg1.text(6)
        if target := self.certainty.find(written):
            standing["verificationStatus"] = concept(target.system, target.code)
        elif written not in NO_VALUE:
            draft.note("code-unknown", f"{label}-6")
        return standing

    def _coding(self, dg1: Segment, label: str, draft: Draft) -> Resource | None:
        """DG1-3 with its system: DG1-3.3, else DG1-2 (before v2.3), else ICD-10 by its shape."""
        code = text(dg1.text(3), draft, "")
        if code is None or code == NULL:
            return None
        named = dg1.text(3, 3) or dg1.text(2)
        system = self.systems.find(named)
        if system is None and not named and is_icd10(code):
            draft.note("coding-system-assumed", f"{label}-3")
            return coding(addresses.ICD10, normalise_icd10(code))
        if system is None:
            draft.note("code-unknown", f"{label}-3")
            return local_coding(draft, f"diagnosis-{named or 'local'}", code)
        if system.code == addresses.ICD10:
            code = normalise_icd10(code)
        return coding(system.code, code)


def is_deleted(dg1: Segment) -> bool:
    """True where the sender withdraws the diagnosis."""
    return dg1.text(21).upper() == DELETED
