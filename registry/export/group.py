"""Cohorts and an organisation's own deaths as FHIR Groups, and the Group that proposes a cohort."""

from __future__ import annotations

import calendar
import re
from datetime import date
from decimal import Decimal
from typing import Any, cast

from conformance import canonical
from nhs import addresses
from registry.core.fhir.death import DEATH_CODE
from registry.core.fhir.elements import Resource, valued
from registry.export.cohort import Answer, Cohort, Member, Proposal, Sample

MOST_ORGANISATIONS = 100
MOST_NAME = 200
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-\d\d)?")
_ODS = re.compile(r"[A-Z0-9]{3,12}")
_KNOWN = {
    "resourceType", "meta", "extension", "active", "type", "actual", "name", "characteristic",
    "text", "language",
}  # fmt: skip


class UnreadableGroup(ValueError):
    """A Group proposes no cohort; str() says why, `expression` where."""

    def __init__(self, text: str, expression: str = "Group") -> None:
        super().__init__(text)
        self.expression = expression


def own(organisation: str, name: str, deaths: int) -> Resource:
    """Takes an organisation, its name and how many deaths it has of its own; returns the Group that
    is all of them. Its members are not listed: they are what an export of it is for."""
    return {
        "resourceType": "Group",
        "id": organisation,
        "active": True,
        "type": "person",
        "actual": True,
        "name": f"Deaths of {name}",
        "quantity": deaths,
        "managingEntity": _organisation(organisation),
    }


def drawn(cohort: Cohort, members: list[Member] | None) -> Resource:
    """Takes a cohort and who is in it (None: that is not shown); returns it as a Group."""
    month = cohort.proposal.month
    last = calendar.monthrange(month.year, month.month)[1]
    period = {"start": month.isoformat(), "end": month.replace(day=last).isoformat()}
    return valued(
        resourceType="Group",
        id=cohort.id,
        meta={"lastUpdated": cohort.changed_at.isoformat(), "profile": [canonical.COHORT]},
        extension=[*map(_answer, cohort.answers), *_sample(cohort.proposal.sample)],
        active=cohort.is_active,
        type="person",
        actual=True,
        name=cohort.proposal.name,
        quantity=None if members is None else len(members),
        managingEntity=_organisation(cohort.proposer),
        characteristic=[
            {
                "code": {"coding": [DEATH_CODE]},
                "valueBoolean": True,
                "exclude": False,
                "period": period,
            }
        ],
        member=[{"entity": {"reference": f"Patient/{one.person}"}} for one in members or []],
    )


def read(sent: Any, seed: str) -> Proposal:
    """Takes the Group that proposes a cohort, and the seed of its sample where it names none;
    returns the proposal. UnreadableGroup."""
    said = _object(sent)
    if said.get("resourceType") != "Group":
        raise UnreadableGroup("The body must be a Group.")
    unknown = sorted(set(said) - _KNOWN)
    if unknown:
        raise UnreadableGroup("A proposed cohort has no other elements than its profile names.")
    if said.get("type") != "person" or said.get("actual") is not True:
        raise UnreadableGroup("A cohort is an actual group of persons.", "Group.type")
    name = said.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MOST_NAME:
        text = f"Give the cohort a name of at most {MOST_NAME} characters, that names no patient."
        raise UnreadableGroup(text, "Group.name")
    extensions = _extensions(said)
    organisations = [_named(one) for one in extensions.get(canonical.COHORT_ORGANISATION, [])]
    if not 0 < len(set(organisations)) <= MOST_ORGANISATIONS:
        text = f"Name the organisations that are to take part, at most {MOST_ORGANISATIONS}."
        raise UnreadableGroup(text, "Group.extension")
    samples = extensions.get(canonical.COHORT_SAMPLE, [])
    if len(samples) > 1:
        raise UnreadableGroup("A cohort has one sample at most.", "Group.extension")
    sample = _read_sample(samples[0], seed) if samples else None
    return Proposal(name.strip(), _month(said), tuple(sorted(set(organisations))), sample)


def _extensions(said: Resource) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for one in _listed(said.get("extension", []), "Group.extension"):
        if one.get("url") not in (canonical.COHORT_ORGANISATION, canonical.COHORT_SAMPLE):
            raise UnreadableGroup("A cohort has no such extension.", "Group.extension")
        found.setdefault(one["url"], []).append(one)
    return found


def _named(extension: Resource) -> str:
    where = "Group.extension"
    values = _parts(extension)
    identifier = _object(_object(values.get("organisation")).get("identifier"))
    ods: Any = identifier.get("value")
    if not isinstance(ods, str) or not _ODS.fullmatch(ods):
        text = "An organisation is a Reference whose identifier is its ODS code."
        raise UnreadableGroup(text, where)
    if identifier.get("system") != addresses.ODS_ORGANISATION:
        raise UnreadableGroup(f"An organisation is named by {addresses.ODS_ORGANISATION}.", where)
    if set(values) != {"organisation"}:
        raise UnreadableGroup("What an organisation answers is its own to say.", where)
    return ods


def _read_sample(extension: Resource, seed: str) -> Sample:
    values = _parts(extension)
    percent, size, said = (values.get(name) for name in ("percent", "size", "seed"))
    where = "Group.extension"
    if set(values) - {"percent", "size", "seed"} or (percent is None) == (size is None):
        text = "A sample is a percentage or a number of deaths, and the seed by which it is drawn."
        raise UnreadableGroup(text, where)
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise UnreadableGroup("The size of a sample is a whole number of deaths.", where)
    if percent is not None and not _is_percent(percent):
        raise UnreadableGroup("A percentage is above 0 and at most 100.", where)
    if said is not None and (not isinstance(said, str) or not 0 < len(said) <= 64):
        raise UnreadableGroup("A seed is a text of at most 64 characters.", where)
    share = None if percent is None else float(percent)
    return Sample(seed if said is None else said, share, size)


def _is_percent(value: Any) -> bool:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return is_number and 0 < value <= 100


def _month(said: Resource) -> date:
    where = "Group.characteristic"
    listed = _listed(said.get("characteristic", []), where)
    only = listed[0] if len(listed) == 1 else {}
    period = _object(only.get("period"))
    start: Any = period.get("start")
    codings: Any = _object(only.get("code")).get("coding", [])
    is_death = any(
        (one.get("system"), one.get("code")) == (DEATH_CODE["system"], DEATH_CODE["code"])
        for one in _listed(codings, where)
    )
    if not is_death or not isinstance(start, str) or not _MONTH.fullmatch(start):
        text = "A cohort has one characteristic: death, in a period that is a month (2026-01)."
        raise UnreadableGroup(text, where)
    month = date(int(start[:4]), int(start[5:7]), 1)
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    starts, ends = (f"{month:%Y-%m}", month.isoformat()), (f"{month:%Y-%m}", last.isoformat())
    if start not in starts or period.get("end") not in (None, *ends):
        raise UnreadableGroup("The period of a cohort is one whole month.", f"{where}.period")
    return month


def _parts(extension: Resource) -> dict[str, Any]:
    """The parts of an extension that has parts: its name, and its one value."""
    found: dict[str, Any] = {}
    for one in _listed(extension.get("extension", []), "Group.extension"):
        values = [value for name, value in one.items() if name.startswith("value")]
        if not isinstance(one.get("url"), str) or len(values) != 1:
            raise UnreadableGroup("A part of an extension has a name and one value.")
        found[one["url"]] = values[0]
    return found


def _object(value: Any) -> Resource:
    return cast(Resource, value) if isinstance(value, dict) else {}


def _listed(value: Any, where: str) -> list[Resource]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):  # pyright: ignore[reportUnknownVariableType]  - of JSON nothing is known
        raise UnreadableGroup("This element is a list of objects.", where)
    return cast(list[Resource], value)


def _organisation(ods: str) -> Resource:
    return {
        "reference": f"Organization/{ods}",
        "identifier": {"system": addresses.ODS_ORGANISATION, "value": ods},
    }


def _answer(answer: Answer) -> Resource:
    parts: list[Resource] = [
        {"url": "organisation", "valueReference": _organisation(answer.organisation)},
        {"url": "answer", "valueCode": str(answer.said)},
    ]
    if answer.at is not None:
        parts.append({"url": "since", "valueDateTime": answer.at.isoformat()})
    return {"url": canonical.COHORT_ORGANISATION, "extension": parts}


def _sample(sample: Sample | None) -> list[Resource]:
    if sample is None:
        return []
    how_many: Resource = (
        {"url": "size", "valuePositiveInt": sample.size}
        if sample.percent is None
        else {"url": "percent", "valueDecimal": sample.percent}
    )
    seed = {"url": "seed", "valueString": sample.seed}
    return [{"url": canonical.COHORT_SAMPLE, "extension": [how_many, seed]}]
