"""What is put before the validator shows everything that the registry can say in our codes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from conformance import canonical
from conformance.registry_courses import COURSES
from conformance.registry_subjects import registry_resources
from conformance.validator import OUR_PACKAGE
from registry.core import request_reading
from registry.core.concern import Alarm
from registry.core.decision import Step
from registry.core.request_reading import Raised, Referred
from tests.conformance.example_requests import right_requests

Resource = dict[str, Any]
# Shown whole; of other systems the registry shows what messages and reviewers say.
SHOWN_WHOLE = (
    canonical.REVIEW_ROUTE,
    canonical.REVIEW_NECESSITY,
    canonical.REVIEW_STATE,
    canonical.REVIEW_INPUT,
    canonical.REVIEW_OUTPUT,
    canonical.REVIEW_REASON,
    canonical.REVIEW_STEP,
    canonical.REVIEW_CRITERION,
    canonical.LEAD_RULE,
    canonical.DEATH_SCOPE,
    canonical.DEATH_PLACE,
    canonical.CONCERN_KIND,
    canonical.ALARM_KIND,
    canonical.ALARM_SUBJECT,
    canonical.INQUIRY,
)


@pytest.fixture(scope="module")
def shown() -> list[Resource]:
    return [resource for _, resource in registry_resources([])]


@pytest.fixture(scope="module")
def said(shown: list[Resource]) -> dict[str, set[str]]:
    """The codes of each system that anything shown holds."""
    found: dict[str, set[str]] = defaultdict(set)
    for system, code in _codings(shown):
        found[system].add(code)
    return found


def _codings(node: Any) -> Iterator[tuple[str, str]]:
    match node:
        case {"system": str(system), "code": str(code)}:
            yield system, code
        case dict():
            for value in cast("Resource", node).values():
                yield from _codings(value)
        case list():
            for part in cast("list[Any]", node):
                yield from _codings(part)
        case _:
            return


def defined(system: str) -> set[str]:
    name = system.removeprefix(canonical.CODE_SYSTEM)
    path = OUR_PACKAGE / f"CodeSystem-{name}.json"
    return {concept["code"] for concept in json.loads(path.read_text("utf-8"))["concept"]}


@pytest.mark.parametrize("system", SHOWN_WHOLE)
def test_every_code_is_shown(system: str, said: dict[str, set[str]]) -> None:
    assert said[system] == defined(system)


def test_no_code_of_ours_is_undefined(said: dict[str, set[str]]) -> None:
    ours = {system for system in said if system.startswith(canonical.BASE)}
    assert ours >= {*SHOWN_WHOLE, canonical.FLAG_CODE, canonical.DATA_QUALITY}
    assert not {(system, code) for system in ours for code in said[system] - defined(system)}


def test_the_courses_take_every_step() -> None:
    at = datetime(2026, 3, 14, tzinfo=UTC)
    assert {decision.step for course in COURSES for decision in course.on("x", at)} == set(Step)


def test_the_registry_reads_the_concerns_and_alarms_that_it_shows(shown: list[Resource]) -> None:
    read = [
        (resource, request_reading.read(resource, _raised(resource)))
        for resource in shown
        if resource["resourceType"] == "ServiceRequest"
    ]
    assert {type(of) for _, of in read} == {Referred, Alarm}
    for resource, of in read:
        codes = {code for _, code in _codings(resource["reasonCode"])}
        raised = of.concern if isinstance(of, Referred) else of
        recommended = of.concern.recommendations if isinstance(of, Referred) else ()
        assert codes == {raised.kind, *recommended}
        assert raised.is_withdrawn == (resource["status"] != "active")


@pytest.mark.parametrize("name", right_requests())
def test_the_registry_reads_what_the_profiles_want(name: str) -> None:
    request = right_requests()[name]
    read = request_reading.read(request, _raised(request))
    assert isinstance(read, {"concern": Referred, "alarm": Alarm}[name])


def _raised(resource: Resource) -> Raised:
    sender = resource["requester"]["identifier"]["value"]
    return Raised(sender, datetime(2026, 3, 14, tzinfo=UTC), "1")
