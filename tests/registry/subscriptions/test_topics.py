"""What a change is to a subscriber."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance import canonical
from registry.core.derive import Involvement
from registry.core.reviews import State
from registry.subscriptions import topics
from registry.subscriptions.topics import TOPICS, came_into_scope, occurred

Resource = dict[str, Any]
LED = {"accepted", "in-progress", "on-hold", "completed", "accepted-now-out-of-scope", "closed"}
OWNERS = st.sampled_from(["RT1", "RT2", "QAA"])
STATES = st.sampled_from(list(State))


def review(state: str, owner: str | None, told: tuple[str, ...] = (), version: int = 1) -> Resource:
    kind = {"coding": [{"system": canonical.REVIEW_INPUT, "code": "escalated"}]}
    made: Resource = {
        "resourceType": "Task",
        "id": "t",
        "meta": {"versionId": str(version)},
        "status": "requested",
        "code": {"coding": [{"system": canonical.REVIEW_ROUTE, "code": "leder"}]},
        "businessStatus": {"coding": [{"system": canonical.REVIEW_STATE, "code": state}]},
        "input": [{"type": kind, "valueString": at} for at in told],
    }
    if owner is not None:
        made["owner"] = {"identifier": {"value": owner}}
    return made


def told(before: Resource | None, after: Resource) -> list[str]:
    return [event.topic for event in occurred(before, after)]


VERSIONS = st.lists(
    st.builds(
        review,
        STATES,
        st.none() | OWNERS,
        st.sampled_from([(), ("1",), ("2",)]),
    ),
    min_size=1,
    max_size=12,
)


@given(VERSIONS)
def test_who_hears_of_every_change_of_lead_knows_the_lead(versions: list[Resource]) -> None:
    """While a review has not ended, the last event names who leads."""
    known: str | None = None
    for before, after in pairwise([None, *versions]):
        assert after is not None
        for event in occurred(before, after):
            if event.topic == topics.LEAD_CHANGED:
                known = event.owner if _state(after) in LED else None
        if _state(after) == "ended":
            # What it was is told anew when the review comes back.
            known = None
        leads = after.get("owner", {}).get("identifier", {}).get("value")
        assert known == (leads if _state(after) in LED else None)


@given(VERSIONS)
def test_each_topic_is_told_once_for_each_time_it_begins(versions: list[Resource]) -> None:
    steps = list(pairwise([None, *versions]))
    heard = [topic for before, after in steps for topic in told(before, after or {})]
    for topic, state in ((topics.COMPLETED, "completed"),):
        began = [a for b, a in steps if a and _state(a) == state and (not b or _state(b) != state)]
        assert heard.count(topic) == len(began)
    assert set(heard) <= set(TOPICS)
    assert all(told(one, one) == [] for one in versions)


@given(STATES, st.none() | OWNERS)
def test_what_is_told_is_what_it_is_about(state: State, owner: str | None) -> None:
    for event in occurred(None, review(state, owner, ("1",), version=7)):
        assert (event.focus_type, event.focus_id, event.focus_version) == ("Task", "t", 7)
        assert event.codes == (f"{canonical.REVIEW_ROUTE}|leder",)
        assert event.owner == owner


def test_asked_again_is_proposed_again() -> None:
    assert told(None, review("proposed", "RT1")) == ["review-proposed"]
    assert told(review("proposed", "RT1"), review("proposed", "RT2")) == ["review-proposed"]
    assert told(review("proposed", "RT1"), review("nobody-proposed", None)) == []


def test_overdue_is_told_with_each_telling_of_the_board() -> None:
    waiting, once = review("proposed", "RT1"), review("proposed", "QAA", ("1",))
    assert told(waiting, once) == ["review-proposed", "review-overdue"]
    accepted = review("accepted", "QAA", ("1",))
    assert told(once, accepted) == ["review-lead-changed"]
    assert told(accepted, review("accepted", "QAA", ("2",))) == ["review-overdue"]


def test_the_end_is_told_however_it_comes() -> None:
    led = review("accepted", "RT1")
    for state in ("ended", "accepted-now-out-of-scope", "closed"):
        assert told(led, review(state, "RT1")) == ["review-ended"]


def test_a_question_is_told_when_it_is_open_and_was_not() -> None:
    def question(status: str) -> Resource:
        asked = review("proposed", "RT1") | {"status": status}
        coding = [{"system": canonical.INQUIRY, "code": "data-quality"}]
        return asked | {"code": {"coding": coding}}

    assert told(None, question("requested")) == ["inquiry-raised"]
    assert told(question("requested"), question("completed")) == []
    assert told(question("completed"), question("requested")) == ["inquiry-raised"]


ORGANISATIONS = st.dictionaries(
    st.sampled_from(["RT1", "RT2", "P1", "QAA"]),
    st.lists(
        st.sampled_from([v for n, v in vars(Involvement).items() if n.isupper()]), max_size=3
    ).map(tuple),
)


def death(status: str = "final", *, in_scope: bool = True) -> Resource:
    made: Resource = {"resourceType": "Observation", "id": "d", "meta": {"versionId": "3"}}
    made["status"] = status
    return made | ({"identifier": [{"value": "case"}]} if in_scope else {})


@given(ORGANISATIONS, ORGANISATIONS, st.booleans(), st.booleans())
def test_a_death_in_scope_is_told_once_to_those_whose_it_is(
    before: dict[str, tuple[str, ...]],
    after: dict[str, tuple[str, ...]],
    was_in_scope: bool,
    is_in_scope: bool,
) -> None:
    its = {"in-scope-provider", "registered-practice", "area-icb"}
    was = {o for o, why in before.items() if its & set(why)} if was_in_scope else set[str]()
    now = {o for o, why in after.items() if its & set(why)} if is_in_scope else set[str]()
    events = came_into_scope(
        death(in_scope=was_in_scope), before, death(in_scope=is_in_scope), after
    )
    told_to = {o for event in events for o in event.organisations or ()}
    assert told_to == now - was
    assert len(events) == bool(told_to)


def test_a_death_that_was_taken_back_is_told_to_nobody() -> None:
    its = {"RT1": ("in-scope-provider",)}
    assert came_into_scope(None, {}, death("entered-in-error"), its) == []
    assert came_into_scope(None, {}, None, its) == []
    (again,) = came_into_scope(death("entered-in-error"), its, death(), its)
    assert (again.focus_type, again.focus_version, again.organisations) == (
        "Observation",
        3,
        ("RT1",),
    )


def _state(task: Resource) -> str:
    return task["businessStatus"]["coding"][0]["code"]
