"""Flags, and the codes that are their evidence as Conditions."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import canonical
from nhs import addresses
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, valued
from registry.core.flags import Evidence, Flag


def flag_key(flag: Flag) -> str:
    """What a flag is about its person, for its id."""
    return f"flag {flag_code(flag)}"


def flag_code(flag: Flag) -> str:
    """The code of a flag: a possible one has its own."""
    return flag.code if flag.is_confirmed else f"possible-{flag.code}"


def flags(drawing: Drawing) -> Iterator[Resource]:
    """The flags on somebody who has died."""
    if drawing.state.death is None:
        return
    for flag in drawing.state.flags:
        first = flag.evidence[0]
        author = flag.confirmed_by.organisation if flag.confirmed_by else first.source
        yield valued(
            resourceType="Flag",
            id=drawing.id(flag_key(flag)),
            meta={"profile": [f"{addresses.UK_CORE_PROFILE}Flag"]},
            extension=[
                {
                    "url": addresses.EXTENSION_FLAG_DETAIL,
                    "valueReference": {"reference": f"Condition/{drawing.id(_key(evidence))}"},
                }
                for evidence in flag.evidence
            ],
            status="active",
            code=concept(canonical.FLAG_CODE, flag_code(flag), flag.name),
            subject=drawing.subject(),
            author=drawing.organisation(author),
        )


def conditions(drawing: Drawing) -> Iterator[Resource]:
    """The codes that the flags rest on, once each."""
    if drawing.state.death is None:
        return
    seen: set[str] = set()
    for flag in drawing.state.flags:
        for evidence in flag.evidence:
            if _key(evidence) not in seen:
                seen.add(_key(evidence))
                yield _condition(drawing, flag, evidence)


def _key(evidence: Evidence) -> str:
    stated = evidence.stated
    return f"condition {evidence.source} {stated.system} {stated.code}"


def _condition(drawing: Drawing, flag: Flag, evidence: Evidence) -> Resource:
    stated = evidence.stated
    confirmed = "confirmed" if flag.is_confirmed else "unconfirmed"
    return valued(
        resourceType="Condition",
        id=drawing.id(_key(evidence)),
        meta={"profile": [f"{addresses.UK_CORE_PROFILE}Condition"]},
        clinicalStatus=_coded(addresses.CONDITION_CLINICAL_STATUS, "active"),
        verificationStatus=_coded(addresses.CONDITION_VERIFICATION_STATUS, confirmed),
        category=[_coded(addresses.CONDITION_CATEGORY, "problem-list-item")],
        code={
            "coding": [
                valued(
                    extension=_listed(stated.code_list),
                    system=stated.system,
                    code=stated.code,
                    display=stated.display,
                )
            ],
            "text": f"{flag.name}: {evidence.sentence(drawing.name(evidence.source))}",
        },
        subject=drawing.subject(),
        recordedDate=stated.recorded,
    )


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _listed(code_list: str | None) -> list[Resource]:
    if not code_list:
        return []
    return [{"url": addresses.EXTENSION_VALUE_SET_REFERENCE, "valueUri": code_list}]
