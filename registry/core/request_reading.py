"""Reads a ServiceRequest into a concern about one death, or an alarm on a service.

The profiles are `concern` and `alarm` of our guide. Nothing is guessed: what a concern cannot be
without is refused with the place and what was expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from conformance import canonical
from nhs import addresses
from registry.core.concern import Alarm, AlarmKind, Concern, ConcernKind, Recommendation
from registry.core.statement import Identifier

Resource = dict[str, Any]
MAX_WORDS = 20_000
Characteristic = tuple[str, str, list[Resource]]
# A category of three characters, or a code of it, with or without its dot.
_ICD10 = re.compile(r"[A-Z][0-9]{2}(\.?[0-9A-Z]{1,2})?")
SPECIALTY, DIAGNOSIS_GROUP = "specialty", "diagnosis-group"


class UnreadableRequest(ValueError):
    """The ServiceRequest is FHIR, but no concern or alarm: says where and what to do."""

    def __init__(self, expression: str, text: str) -> None:
        super().__init__(text)
        self.expression = expression


@dataclass(frozen=True, slots=True)
class Raised:
    """Who sends the request, and when it was received; a number for one that has none."""

    organisation: str
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class Referred:
    """A concern, and how it names the person: an identifier, or the id of a Patient here."""

    concern: Concern
    identifier: Identifier | None
    patient_id: str | None

    @property
    def number(self) -> str:
        """The number of the concern."""
        return self.concern.number


def read(request: Resource, raised: Raised) -> Referred | Alarm:
    """Takes a ServiceRequest and who sends it; returns the concern with whom it is about, or the
    alarm. UnreadableRequest where it is neither."""
    if request.get("status") not in ("active", "revoked", "entered-in-error"):
        raise UnreadableRequest(
            "ServiceRequest.status", "A concern or alarm is active, or revoked to take it back."
        )
    _refuse_other_requesters(request, raised.organisation)
    alarms = _codes(request, canonical.ALARM_KIND)
    return _alarm(request, raised, alarms) if alarms else _referred(request, raised)


def _refuse_other_requesters(request: Resource, organisation: str) -> None:
    requester = request.get("requester", {}).get("identifier", {}).get("value")
    if requester not in (None, organisation):
        raise UnreadableRequest(
            "ServiceRequest.requester", "The requester is the organisation that sends it."
        )


def _codes(request: Resource, system: str) -> list[str]:
    return [
        str(coding.get("code"))
        for reason in request.get("reasonCode", [])
        for coding in reason.get("coding", [])
        if coding.get("system") == system
    ]


def _number(request: Resource, raised: Raised) -> str:
    """The sender's own number makes a repetition the same request; hashed, since a sender may put
    a hospital number in it."""
    identifier = own_number(request)
    if identifier is None:
        return raised.number
    own = f"{raised.organisation} {identifier.get('system', '')} {identifier['value']}"
    return str(uuid5(NAMESPACE_URL, own))


def own_number(request: Resource) -> Resource | None:
    """Takes a ServiceRequest; returns the identifier that is its sender's own number, None where
    it has none."""
    return next((i for i in request.get("identifier", []) if i.get("value")), None)


def _referred(request: Resource, raised: Raised) -> Referred:
    codes = _codes(request, canonical.CONCERN_KIND)
    kinds = [code for code in codes if code in set(ConcernKind)]
    others = [code for code in codes if code not in set(ConcernKind)]
    unknown = [code for code in others if code not in set(Recommendation)]
    if unknown or len(kinds) != 1:
        raise UnreadableRequest(
            "ServiceRequest.reasonCode",
            f"Give one code of {canonical.CONCERN_KIND} for who raised it "
            f"({', '.join(ConcernKind)}), and of a medical examiner's referral what it recommends "
            f"({', '.join(Recommendation)}).",
        )
    identifier, patient_id = _subject(request)
    concern = Concern(
        number=_number(request, raised),
        kind=ConcernKind(kinds[0]),
        organisation=raised.organisation,
        raised_at=_authored(request) or raised.at,
        recommendations=frozenset(Recommendation(code) for code in others),
        text=_words(request),
        is_withdrawn=request["status"] != "active",
    )
    return Referred(concern, identifier, patient_id)


def _subject(request: Resource) -> tuple[Identifier | None, str | None]:
    subject: Resource = request.get("subject", {})
    identifier: Resource = subject.get("identifier", {})
    if identifier.get("system") and identifier.get("value"):
        return Identifier(identifier["system"], identifier["value"]), None
    reference = str(subject.get("reference", ""))
    if "Patient/" in reference:
        return None, reference.rpartition("Patient/")[2]
    raise UnreadableRequest(
        "ServiceRequest.subject",
        f"Name the person by subject.identifier (system {addresses.NHS_NUMBER}, or your own local "
        "identifier with its system), or by subject.reference to a Patient here.",
    )


def _authored(request: Resource) -> datetime | None:
    text = request.get("authoredOn")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UnreadableRequest(
            "ServiceRequest.authoredOn", "Give a full time with its offset, or leave it out."
        )
    return at


def _words(request: Resource) -> str | None:
    notes = [str(note.get("text", "")) for note in request.get("note", [])]
    words = "\n\n".join(note.strip() for note in notes if note.strip())
    if len(words) > MAX_WORDS:
        raise UnreadableRequest(
            "ServiceRequest.note", f"The words are longer than {MAX_WORDS} characters."
        )
    return words or None


def _alarm(request: Resource, raised: Raised, codes: list[str]) -> Alarm:
    if len(codes) != 1 or codes[0] not in set(AlarmKind):
        raise UnreadableRequest(
            "ServiceRequest.reasonCode",
            f"Give one code of {canonical.ALARM_KIND}: {', '.join(AlarmKind)}.",
        )
    group = _group(request)
    specialties = _characteristics(group, SPECIALTY)
    groups = _characteristics(group, DIAGNOSIS_GROUP)
    if not specialties and not groups:
        raise UnreadableRequest(
            "ServiceRequest.contained.characteristic",
            f"Say what the alarm is on: characteristics with the code {SPECIALTY} or "
            f"{DIAGNOSIS_GROUP}.",
        )
    begins, ends = _period(request)
    return Alarm(
        number=_number(request, raised),
        kind=AlarmKind(codes[0]),
        organisation=raised.organisation,
        specialties=frozenset(code for code, _, _ in specialties),
        diagnosis_groups=tuple(text for _, text, _ in groups),
        group_codes=_group_codes(groups),
        begins=begins,
        ends=ends,
        text=_words(request),
        is_withdrawn=request["status"] != "active",
    )


def _group(request: Resource) -> Resource:
    reference = request.get("subject", {}).get("reference", "")
    for contained in request.get("contained", []):
        if contained.get("resourceType") == "Group" and reference == f"#{contained.get('id')}":
            return contained
    raise UnreadableRequest(
        "ServiceRequest.subject",
        "An alarm is about a contained Group: subject.reference is '#' and its id.",
    )


def _group_codes(groups: list[Characteristic]) -> tuple[tuple[str, ...], ...]:
    """The ICD-10 codes of each group; none at all where no group has any."""
    codes = [
        tuple(str(c["code"]) for c in codings if c.get("system") == addresses.ICD10 and "code" in c)
        for _, _, codings in groups
    ]
    for code in (code for of_group in codes for code in of_group):
        if not _ICD10.fullmatch(code):
            raise UnreadableRequest(
                "ServiceRequest.contained.characteristic.value",
                "A diagnosis is an ICD-10 category or code, such as A41 or A41.9; give one coding "
                "for each.",
            )
    return tuple(codes) if any(codes) else ()


def _characteristics(group: Resource, kind: str) -> list[Characteristic]:
    """The code, the words and the codings of each characteristic of a kind."""
    found: list[Characteristic] = []
    for characteristic in group.get("characteristic", []):
        codes = [c.get("code") for c in characteristic.get("code", {}).get("coding", [])]
        value: Resource = characteristic.get("valueCodeableConcept", {})
        codings: list[Resource] = value.get("coding", [])
        code = str(codings[0].get("code", "")) if codings else ""
        words = str(value.get("text") or (codings[0].get("display") if codings else "") or code)
        if kind in codes and characteristic.get("exclude"):
            raise UnreadableRequest(
                "ServiceRequest.contained.characteristic.exclude",
                "An alarm says what it is on; what it is not on cannot be left out of it.",
            )
        if kind in codes and (code or words):
            found.append((code or words, words, codings))
    return found


def _period(request: Resource) -> tuple[date, date | None]:
    period: Resource = request.get("occurrencePeriod", {})
    try:
        begins = date.fromisoformat(str(period["start"])[:10])
        ends = date.fromisoformat(str(period["end"])[:10]) if "end" in period else None
    except (KeyError, ValueError):
        raise UnreadableRequest(
            "ServiceRequest.occurrencePeriod",
            "Give the period of deaths that the alarm is about: a start date, and an end date once "
            "it is known.",
        ) from None
    if ends is not None and ends < begins:
        raise UnreadableRequest("ServiceRequest.occurrencePeriod.end", "It ends before it begins.")
    return begins, ends
