"""Who pays, where somebody does: IN1 as Coverage, GT1 and account numbers as Account.

v2-to-FHIR IN1[Coverage], PID[Account], MRG[Account]; GT1 has no map there. In England these are
private patients and visitors from overseas.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Reference, Resource
from adapter.conversion.further_types import identifier
from adapter.conversion.segment_entry import About, head, place
from adapter.conversion.segment_maps import SegmentMaps
from adapter.er7 import NO_VALUE, Segment

SELF = {"SEL", "SELF", "01", "18"}
"""Codes of HL7 table 0063 and its forerunners for the person themselves."""


@dataclass(frozen=True, slots=True)
class CoverageRules:
    """What the rows of IN1 and GT1 cannot say."""

    maps: SegmentMaps

    def finish(
        self, coverage: Resource, in1: Segment, label: str, about: About, draft: Draft
    ) -> None:
        """Takes a coverage as its rows wrote it; adds whose contract it is."""
        relationship = in1.text(17).upper()
        if relationship in SELF:
            coverage["subscriber"] = about.person
        elif _has_name(in1, 16):
            coverage["subscriber"] = self._relative(in1, (16, 17), label, about, draft)

    def write_account(self, about: About, draft: Draft) -> None:
        """Takes a person; adds their Account where PID-18 or GT1 tells of one."""
        guarantors = about.group.all("GT1")
        numbers = [c for c in about.group.person.composites(18) if c.text(1) not in NO_VALUE]
        if not numbers and not guarantors:
            return
        told = numbers[0].raw if numbers else "guarantors"
        account = head("Account", (draft.sender.key, about.patient["id"], told))
        if own := [found for c in numbers if (found := identifier(c, draft, ""))]:
            account["identifier"] = own
        account |= {"status": "active", "subject": [about.person]}
        parties = [
            {"party": party}
            for n, gt1 in enumerate(guarantors, 1)
            if (party := self._guarantor(gt1, f"GT1[{n}]", about, draft))
        ]
        if parties:
            account["guarantor"] = parties
        place(account, draft)

    def _guarantor(self, gt1: Segment, label: str, about: About, draft: Draft) -> Reference | None:
        if gt1.text(11).upper() in SELF:
            return about.person
        return self._relative(gt1, (3, 11), label, about, draft) if _has_name(gt1, 3) else None

    def _relative(
        self, segment: Segment, key: tuple[int, int], label: str, about: About, draft: Draft
    ) -> Reference:
        name, relationship = (segment.field(n) for n in key)
        told = (draft.sender.key, about.patient["id"], name, relationship)
        relative = head("RelatedPerson", told)
        self.maps[f"{segment.id}[RelatedPerson]"](segment, draft, label, relative)
        return place(relative | {"patient": about.person}, draft)


def write_prior_account(mrg: Segment, about: About, draft: Draft) -> None:
    """Takes an MRG; adds the account number that is no longer used (MRG-3), its state unknown."""
    for composite in mrg.composites(3):
        if number := identifier(composite, draft, ""):
            account = head("Account", (draft.sender.key, about.patient["id"], composite.raw))
            account |= {"identifier": [number], "status": "unknown", "subject": [about.person]}
            place(account, draft)


def _has_name(segment: Segment, field: int) -> bool:
    return any(segment.text(field, n) not in NO_VALUE for n in (1, 2))
