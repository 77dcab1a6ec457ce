"""Writes a return or a Quality Account as a FHIR R4 MeasureReport."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from nhs.addresses import ODS_ORGANISATION
from nhs.london_time import LONDON
from registry.directory.organisation import Organisation
from registry.returns import canonical_urls as urls
from registry.returns.count import Count
from registry.returns.frozen import counts
from registry.returns.measures import (
    INITIAL_POPULATION,
    Concept,
    account_concepts,
    figure_code,
    quarterly_concepts,
)
from registry.returns.quality_account import QualityAccount
from registry.returns.quarterly import QuarterlyReturn, Update

Resource = dict[str, Any]


def quarterly_report(one: QuarterlyReturn, updates: Iterable[Update] = ()) -> Resource:
    """Takes a return, and how it differs from the one that was published; returns its
    MeasureReport."""
    shown = counts(one)
    published = {update.figure.code: update.published for update in updates}
    return _report(
        identifier=f"{one.organisation.ods}/{one.quarter}/{one.version}",
        measure=urls.QUARTERLY_MEASURE[one.version],
        organisation=one.organisation,
        known_at=one.known_at,
        period=(one.quarter.first_day, one.quarter.last_day),
        groups=[_group(one, shown, published) for one in quarterly_concepts() if one.code in shown],
    )


def account_report(one: QualityAccount) -> Resource:
    """Takes a Quality Account; returns its MeasureReport. Items 27.4 to 27.6 are words and not in
    it."""
    shown = counts(one)
    return _report(
        identifier=f"{one.organisation.ods}/{one.year.starts}/{one.version}",
        measure=urls.ACCOUNT_MEASURE[one.version],
        organisation=one.organisation,
        known_at=one.known_at,
        period=(one.year.first_day, one.year.last_day),
        groups=[_group(one, shown, {}) for one in account_concepts() if one.code in shown],
    )


def _report(
    *,
    identifier: str,
    measure: str,
    organisation: Organisation,
    known_at: datetime,
    period: tuple[date, date],
    groups: list[Resource],
) -> Resource:
    reporter = {"system": ODS_ORGANISATION, "value": organisation.ods}
    return {
        "resourceType": "MeasureReport",
        "identifier": [{"system": urls.RETURN_ID, "value": identifier}],
        "status": "complete",
        "type": "summary",
        "measure": measure,
        "date": known_at.astimezone(LONDON).isoformat(timespec="seconds"),
        "reporter": {
            "type": "Organization",
            "identifier": reporter,
            "display": organisation.name,
        },
        "period": {"start": period[0].isoformat(), "end": period[1].isoformat()},
        "group": groups,
    }


def _group(
    concept: Concept, shown: Mapping[str, Count], published: Mapping[str, Count]
) -> Resource:
    count = shown[concept.code]
    population: Resource = {"code": INITIAL_POPULATION}
    if count.number is None:
        masked = {"url": urls.DATA_ABSENT, "valueCode": "masked"}
        population["_count"] = {"extension": [masked]}
    else:
        population["count"] = count.number
    if concept.code in published:
        before = {"url": urls.PREVIOUSLY_PUBLISHED, "valueString": published[concept.code].text}
        population["extension"] = [before]
    return {"code": figure_code(concept.code, concept.display), "population": [population]}
