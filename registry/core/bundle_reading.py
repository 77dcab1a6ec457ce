"""Reads the message Bundle that an adapter sends into statements (docs/message-bundle.md).

Nothing is interpreted here: a statement says what the Bundle says. A Bundle that lacks what a
statement cannot be without is refused with the place and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from conformance import canonical
from nhs import addresses
from registry.core.statement import (
    DeathStated,
    Demographics,
    EvidenceStated,
    Identifier,
    NationalStatus,
    Statement,
    StayStated,
    Verdict,
)

Resource = dict[str, Any]
UNLINK = "A37"


class UnreadableBundle(ValueError):
    """The Bundle is FHIR, but not the message the registry takes: says where and what to do."""

    def __init__(self, expression: str, text: str) -> None:
        super().__init__(text)
        self.expression = expression


class MessageBundle:
    """A message Bundle with its references resolved."""

    def __init__(self, bundle: Resource) -> None:
        self._entries: list[tuple[str, Resource]] = [
            (entry.get("fullUrl", ""), entry["resource"])
            for entry in bundle.get("entry", [])
            if "resource" in entry
        ]
        self._by_reference = {url: resource for url, resource in self._entries if url}

    def all(self, resource_type: str) -> list[Resource]:
        """Takes a resource type; returns the entries of it, in order."""
        return [r for _, r in self._entries if r["resourceType"] == resource_type]

    def one(self, resource_type: str) -> Resource:
        """Takes a resource type; returns its first entry, or refuses the Bundle."""
        found = self.all(resource_type)
        if not found:
            raise UnreadableBundle(
                "Bundle.entry", f"The message Bundle has no {resource_type}; one is needed."
            )
        return found[0]

    def resolve(self, reference: Resource | None) -> Resource | None:
        """Takes a Reference; returns the entry it points to, or None."""
        return self._by_reference.get((reference or {}).get("reference", ""))


def sender(bundle: Resource) -> str:
    """Takes a message Bundle; returns the ODS code of its sender, refuses one that has none."""
    message = MessageBundle(bundle)
    return _sender(message)


def statements(bundle: Resource) -> list[Statement]:
    """Takes a message Bundle; returns one statement for each person it is about.

    Raises UnreadableBundle where the header, the sender or the provenance is missing.
    """
    message = MessageBundle(bundle)
    return list(_statements(message))


def _statements(message: MessageBundle) -> Iterator[Statement]:
    source = _sender(message)
    trigger = message.one("MessageHeader").get("eventCoding", {}).get("code")
    if not trigger:
        raise UnreadableBundle(
            "MessageHeader.eventCoding", "The message names no trigger event (v2-0003)."
        )
    provenance = message.one("Provenance")
    is_national = speaks_for_the_nation(message)
    for patient in message.all("Patient"):
        if patient.get("active") is False and _links(patient, "replaced-by"):
            continue
        yield Statement(
            source=source,
            control_id=_entity(provenance, canonical.MESSAGE_CONTROL_ID),
            trigger=trigger,
            message_hash=_entity(provenance, "urn:ietf:rfc:3986"),
            recorded=_recorded(provenance),
            identifiers=_identifiers(patient),
            superseded=_superseded(patient) if is_national else (),
            prior=_others(message, patient, "replaces"),
            linked=_others(message, patient, "seealso"),
            unlinked=_unlinked(message, patient) if trigger == UNLINK else (),
            demographics=_demographics(patient),
            practice=_practice(message, patient),
            stay=_stay(message, patient),
            death=_death(message, patient, is_national=is_national),
            evidence=tuple(_evidence(message, patient)),
            issues=tuple(sorted(_issue_codes(message))),
        )


def is_national(bundle: Resource) -> bool:
    """Takes a message Bundle; True for a national event, which only a national body may send."""
    return speaks_for_the_nation(MessageBundle(bundle))


def speaks_for_the_nation(message: MessageBundle) -> bool:
    """True when the event is one of the national event service, not of HL7 v2."""
    event = message.one("MessageHeader").get("eventCoding", {})
    return event.get("system") == canonical.NATIONAL_EVENT


def _sender(message: MessageBundle) -> str:
    organisation = message.resolve(message.one("MessageHeader").get("sender"))
    ods = _identifier_value(organisation or {}, addresses.ODS_ORGANISATION)
    if not ods:
        raise UnreadableBundle(
            "MessageHeader.sender",
            "The sender has no ODS code. Name it in the sender's site file, "
            "or start the adapter with --organisation.",
        )
    return ods


def _identifier_value(resource: Resource, system: str) -> str | None:
    for identifier in resource.get("identifier", []):
        if identifier.get("system") == system and identifier.get("value"):
            return str(identifier["value"])
    return None


def _identifiers(patient: Resource) -> tuple[Identifier, ...]:
    return tuple(
        sorted(
            {
                Identifier(i["system"], i["value"])
                for i in patient.get("identifier", [])
                if i.get("system") and i.get("value") and i.get("use") != "old"
            }
        )
    )


def _superseded(patient: Resource) -> tuple[Identifier, ...]:
    """NHS numbers that the demographics service marks as no longer this person's current one."""
    old = {
        Identifier(i["system"], i["value"])
        for i in patient.get("identifier", [])
        if i.get("system") == addresses.NHS_NUMBER and i.get("value") and i.get("use") == "old"
    }
    return tuple(sorted(old))


def _entity(provenance: Resource, system: str) -> str:
    for entity in provenance.get("entity", []):
        identifier = entity.get("what", {}).get("identifier", {})
        if identifier.get("system") == system:
            return str(identifier.get("value", ""))
    return ""


def _recorded(provenance: Resource) -> datetime | None:
    text = provenance.get("recorded")
    if text is None:
        return None
    recorded = datetime.fromisoformat(str(text))
    if recorded.tzinfo is None:
        raise UnreadableBundle("Provenance.recorded", "The time of the event has no offset.")
    return recorded


def _links(patient: Resource, link_type: str) -> list[Resource]:
    return [link["other"] for link in patient.get("link", []) if link.get("type") == link_type]


def _others(message: MessageBundle, patient: Resource, link: str) -> tuple[Identifier, ...]:
    others = [message.resolve(other) for other in _links(patient, link)]
    return _identifiers_of(others, patient)


def _unlinked(message: MessageBundle, patient: Resource) -> tuple[Identifier, ...]:
    """An unlink names two people and says nothing but that they are two."""
    return _identifiers_of([p for p in message.all("Patient") if p is not patient], patient)


def _identifiers_of(others: Iterable[Resource | None], patient: Resource) -> tuple[Identifier, ...]:
    found = {i for other in others if other for i in _identifiers(other)}
    return tuple(sorted(found - set(_identifiers(patient))))


def _demographics(patient: Resource) -> Demographics:
    names: list[Resource] = patient.get("name", [])
    name: Resource = names[0] if names else {}
    return Demographics(
        family=name.get("family"),
        given=tuple(given for given in name.get("given", []) if given),
        gender=patient.get("gender"),
        birth_date=patient.get("birthDate"),
    )


def _practice(message: MessageBundle, patient: Resource) -> str | None:
    for reference in patient.get("generalPractitioner", []):
        organisation = message.resolve(reference)
        if organisation and organisation["resourceType"] == "Organization":
            return _identifier_value(organisation, addresses.ODS_ORGANISATION)
    return None


def _stay(message: MessageBundle, patient: Resource) -> StayStated | None:
    for encounter in message.all("Encounter"):
        number = _visit_number(encounter)
        if number and message.resolve(encounter.get("subject")) is patient:
            return _stay_stated(encounter, number)
    return None


def _visit_number(encounter: Resource) -> str | None:
    for identifier in encounter.get("identifier", []):
        if identifier.get("value"):
            return str(identifier["value"])
    return None


def _stay_stated(encounter: Resource, number: str) -> StayStated:
    period = encounter.get("period", {})
    hospitalization = encounter.get("hospitalization", {})
    return StayStated(
        number=number,
        status=encounter["status"],
        encounter_class=_class(encounter),
        admitted=period.get("start"),
        discharged=period.get("end"),
        discharge_deleted="_end" in period and "end" not in period,
        admission_method=_extension_code(
            hospitalization, addresses.EXTENSION_ADMISSION_METHOD, addresses.ADMISSION_METHOD
        ),
        discharge_method=_extension_code(
            encounter, addresses.EXTENSION_DISCHARGE_METHOD, addresses.DISCHARGE_METHOD
        ),
        discharge_destination=_code(
            hospitalization.get("dischargeDisposition"), addresses.DISCHARGE_DESTINATION
        ),
        specialty=_specialty(encounter),
    )


def _class(encounter: Resource) -> str:
    code = encounter["class"].get("code")
    if not isinstance(code, str):
        raise UnreadableBundle("Encounter.class", "A stay has a class, by its code: IMP, EMER, ...")
    return code


def _specialty(encounter: Resource) -> str | None:
    """The national code: a sender's own means nothing beside another's."""
    return _code(encounter.get("serviceType"), addresses.MAIN_SPECIALTY)


def _code(concept: Resource | None, system: str) -> str | None:
    for coding in (concept or {}).get("coding", []):
        if coding.get("system") == system:
            return coding.get("code")
    return None


def _extension_code(element: Resource, url: str, system: str) -> str | None:
    for extension in element.get("extension", []):
        if extension.get("url") == url:
            return _code(extension.get("valueCodeableConcept"), system)
    return None


def _death(message: MessageBundle, patient: Resource, *, is_national: bool) -> DeathStated | None:
    status = _national_status(patient) if is_national else None
    if status is NationalStatus.REMOVED:
        return DeathStated(Verdict.RETRACTED, None, status)
    if status is not None:
        return DeathStated(Verdict.DIED, patient.get("deceasedDateTime"), status)
    if "deceasedDateTime" in patient:
        return DeathStated(Verdict.DIED, patient["deceasedDateTime"])
    if "deceasedBoolean" in patient:
        return DeathStated(Verdict.DIED if patient["deceasedBoolean"] else Verdict.RETRACTED)
    if "death-statement-conflict" in _issue_codes(message):
        return DeathStated(Verdict.CONFLICTING)
    return None


def _national_status(patient: Resource) -> NationalStatus | None:
    for extension in patient.get("extension", []):
        if extension.get("url") != addresses.EXTENSION_DEATH_NOTIFICATION_STATUS:
            continue
        for part in extension.get("extension", []):
            concept = part.get("valueCodeableConcept")
            code = _code(concept, addresses.DEATH_NOTIFICATION_STATUS)
            if part.get("url") == "deathNotificationStatus" and code:
                return _as_national_status(code)
    return None


def _as_national_status(code: str) -> NationalStatus:
    try:
        return NationalStatus(code)
    except ValueError:
        raise UnreadableBundle(
            "Patient.extension",
            "A national death notification has status 1 (informal), 2 (formal) or U (removed).",
        ) from None


def _evidence(message: MessageBundle, patient: Resource) -> Iterator[EvidenceStated]:
    for flag in message.all("Flag"):
        if message.resolve(flag.get("subject")) is not patient:
            continue
        code = _code(flag.get("code"), canonical.FLAG_CODE)
        if code is None:
            raise UnreadableBundle("Flag.code", f"A flag needs a code of {canonical.FLAG_CODE}.")
        coding = _detail_coding(message, flag)
        yield EvidenceStated(
            flag=code,
            system=coding.get("system", ""),
            code=coding.get("code", ""),
            code_list=_value_set(coding),
            display=coding.get("display"),
            recorded=flag.get("period", {}).get("start"),
            withdrawn=flag.get("status") == "entered-in-error",
        )


def _detail_coding(message: MessageBundle, flag: Resource) -> Resource:
    """The coding of the Condition that is the flag's evidence: the one found on a code list."""
    for extension in flag.get("extension", []):
        if extension.get("url") == addresses.EXTENSION_FLAG_DETAIL:
            condition = message.resolve(extension.get("valueReference")) or {}
            codings: list[Resource] = condition.get("code", {}).get("coding", [])
            listed = [coding for coding in codings if _value_set(coding)]
            return (listed or codings or [{}])[0]
    return {}


def _value_set(coding: Resource) -> str | None:
    for extension in coding.get("extension", []):
        if extension.get("url") == addresses.EXTENSION_VALUE_SET_REFERENCE:
            return extension.get("valueUri")
    return None


def _issue_codes(message: MessageBundle) -> set[str]:
    outcomes = message.all("OperationOutcome")
    issues = [issue for outcome in outcomes for issue in outcome.get("issue", [])]
    codes = (_code(issue.get("details"), canonical.DATA_QUALITY) for issue in issues)
    return {code for code in codes if code}
