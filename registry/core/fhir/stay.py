"""The stays that put the death in scope, as Encounters."""

from __future__ import annotations

from collections.abc import Iterator

from nhs import addresses
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, valued
from registry.core.spells import Spell


def encounter_key(spell: Spell) -> str:
    """What a stay is about its person, for the id of its Encounter."""
    return f"stay {spell.provider} {spell.number}"


def encounters(drawing: Drawing) -> Iterator[Resource]:
    """One Encounter for each stay in scope of the death."""
    seen: set[str] = set()
    for finding in drawing.state.findings:
        key = encounter_key(finding.spell)
        if finding.makes_case and key not in seen:
            seen.add(key)
            yield _encounter(drawing, finding.spell)


def _encounter(drawing: Drawing, spell: Spell) -> Resource:
    return valued(
        resourceType="Encounter",
        id=drawing.id(encounter_key(spell)),
        meta={"profile": [f"{addresses.UK_CORE_PROFILE}Encounter"]},
        extension=_coded(
            addresses.EXTENSION_DISCHARGE_METHOD,
            addresses.DISCHARGE_METHOD,
            spell.discharge_method,
        ),
        status="finished" if spell.discharged else "in-progress",
        **{"class": _class(spell.encounter_class)},
        serviceType=_concept(addresses.MAIN_SPECIALTY, spell.specialty),
        subject=drawing.subject(),
        period=valued(
            start=spell.admitted.text if spell.admitted else None,
            end=spell.discharged.text if spell.discharged else None,
        ),
        hospitalization=valued(
            extension=_coded(
                addresses.EXTENSION_ADMISSION_METHOD,
                addresses.ADMISSION_METHOD,
                spell.admission_method,
            ),
            dischargeDisposition=_concept(
                addresses.DISCHARGE_DESTINATION, spell.discharge_destination
            ),
        ),
        serviceProvider=drawing.organisation(spell.provider),
    )


def _class(code: str) -> Resource:
    system = addresses.NULL_FLAVOR if code == "UNK" else addresses.ENCOUNTER_CLASS
    return {"system": system, "code": code}


def _concept(system: str, code: str | None) -> Resource | None:
    return {"coding": [{"system": system, "code": code}]} if code else None


def _coded(url: str, system: str, code: str | None) -> list[Resource]:
    value = _concept(system, code)
    return [{"url": url, "valueCodeableConcept": value}] if value else []
