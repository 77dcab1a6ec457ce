"""Dates that people read are London's, also for a moment that is yesterday still in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from nhs.london_time import london_date, spoken_date
from registry.core.decision import Step
from registry.core.explanation import explain
from registry.core.fhir.person import PersonResources
from registry.core.resource_ids import ResourceIds
from tests.registry.core.deciding import DECIDED, People
from tests.registry.core.stating import DIRECTORY, Sender
from tests.registry.core.telling import state

# Summer time: a quarter past midnight of the sixth in London.
LATE = datetime(2026, 7, 5, 23, 15, tzinfo=UTC)
IN_HOSPITAL = Sender().discharges("2026-03-01", method="4", died="2026-03-01")


def test_a_date_is_spoken_without_a_nought_before_it() -> None:
    assert spoken_date(london_date(LATE)) == "6 July 2026"


def test_since_when_somebody_leads() -> None:
    found = state(IN_HOSPITAL, decisions=[People().take(Step.ACCEPT, at=LATE)])
    sentences = [one.sentence for one in explain(found, DIRECTORY).conclusions]
    assert "Trust One leads since 6 July 2026." in sentences


def test_when_somebody_declined() -> None:
    decisions = [People().take(Step.DECLINE, at=LATE)]
    found = state(IN_HOSPITAL, decisions=decisions)
    made = PersonResources(found, ResourceIds(b"dates"), DIRECTORY).all({}, DECIDED)
    tasks = [drawn.resource for drawn in made if drawn.resource["resourceType"] == "Task"]
    said = [i["valueString"] for task in tasks for i in task["input"] if "valueString" in i]
    assert "Trust One, 6 July 2026" in said
