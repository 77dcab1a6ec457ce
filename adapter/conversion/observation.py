"""Observations in ADT messages: each OBX as a UK Core Observation (v2-to-FHIR OBX[Observation]).

There is no OBR to group them in ADT, so each stands alone. A file (ED, RP) becomes a
DocumentReference that the Observation is derived from, because R4 has no attachment as a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from adapter.conversion.draft import Draft, Reference, Resource, concept
from adapter.conversion.observation_value import FILES, TEXTS, ReadConcept, read_value, units
from adapter.conversion.periods import settle
from adapter.conversion.segment_entry import About, head, place
from adapter.er7 import NO_VALUE, Composite, Segment
from nhs import addresses

ABSENT = f"{addresses.TERMINOLOGY}data-absent-reason"
NOT_ASKED = "N"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True, slots=True)
class ObservationRules:
    """What the rows of OBX cannot say."""

    read_concept: ReadConcept

    def finish(
        self, observation: Resource, obx: Segment, label: str, about: About, draft: Draft
    ) -> None:
        """Takes an observation as its rows wrote it; adds its status and its value."""
        observation.setdefault("status", "unknown")
        if obx.text(11).upper() == NOT_ASKED:
            observation["dataAbsentReason"] = concept(ABSENT, "not-asked")
            return
        kind = obx.text(2).upper()
        if kind in FILES:
            if document := _document(obx, kind, about, draft):
                observation["derivedFrom"] = [document]
            return
        self._add_values(observation, kind, obx, label, draft)

    def _add_values(
        self, observation: Resource, kind: str, obx: Segment, label: str, draft: Draft
    ) -> None:
        unit = units(next(iter(obx.composites(6)), None), draft)
        read = (read_value(kind, c, unit, self.read_concept, draft) for c in obx.composites(5))
        values = [value for value in read if value]
        if kind in TEXTS and len(values) > 1:
            values = [("valueString", "\n".join(str(words) for _, words in values))]
        for name, value in values[:1]:
            _put(observation, name, value, f"{label}-5", draft)
        if "code" not in observation:
            return
        for name, value in values[1:]:
            component: Resource = {"code": {"text": _words(observation["code"])}}
            _put(component, name, value, f"{label}-5", draft)
            observation.setdefault("component", []).append(component)


def _words(code: Resource) -> str:
    """What a component is, in words: FHIR obs-7 allows it no coding that the observation has."""
    codings: list[Resource] = code.get("coding", [])
    told = [code.get("text"), *(c.get("display") or c.get("code") for c in codings)]
    return next((str(words) for words in told if words), "value")


def _put(element: Resource, name: str, value: Any, where: str, draft: Draft) -> None:
    if name == "valuePeriod":
        settle(value, where, draft)
    element[name] = value


def _document(obx: Segment, kind: str, about: About, draft: Draft) -> Reference | None:
    """v2-to-FHIR OBX[DocumentReference]: ED holds the data, RP the address of a file."""
    for value in obx.composites(5):
        attachment = _data(value) if kind == "ED" else _address(value)
        if attachment:
            key = (draft.sender.key, about.patient["id"], obx.field(3), obx.field(5))
            document = head("DocumentReference", key) | {
                "status": "current",
                "subject": about.person,
                "content": [{"attachment": attachment}],
            }
            return place(document, draft)
    return None


def _data(ed: Composite) -> Resource | None:
    data = "".join(ed.text(5, 0).split())
    if ed.text(4).lower() != "base64" or not data or not _BASE64.fullmatch(data):
        return None
    return _mime(ed) | {"data": data}


def _address(rp: Composite) -> Resource | None:
    pointer = rp.text(1, 0)
    return None if pointer in NO_VALUE or " " in pointer else _mime(rp) | {"url": pointer}


def _mime(value: Composite) -> Resource:
    """The type and subtype of the data, where they make a media type: ED.2/ED.3, RP.3/RP.4."""
    first, second = (2, 3) if value.text(5, 0) else (3, 4)
    named = f"{value.text(first)}/{value.text(second)}".lower()
    return {"contentType": named} if _MIME.fullmatch(named) else {}
