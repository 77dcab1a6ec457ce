"""National events in each shape they are delivered in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.national.event import Event, Kind, UnreadableEvent, events
from tests.registry.national.shapes import (
    ASID,
    CLOUD_EVENT,
    OLDER,
    WHO,
    history,
    stu3_message,
)

DEATH = "pds-death-notification-2"


def test_a_cloud_event_is_a_pointer() -> None:
    (event,) = events(CLOUD_EVENT)
    assert event == Event(ASID, CLOUD_EVENT["id"], DEATH, WHO)
    assert event.kind is Kind.DEMOGRAPHICS


def test_a_batch_holds_one_event_each() -> None:
    found = events([CLOUD_EVENT, {**CLOUD_EVENT, "id": "other"}])
    assert [event.event_id for event in found] == [CLOUD_EVENT["id"], "other"]


def test_the_older_version_is_a_pointer_too_whatever_status_it_claims() -> None:
    (event,) = events(OLDER)
    assert event == Event("477121000324", OLDER["id"], "pds-death-notification-1", WHO)
    assert event.kind is Kind.DEMOGRAPHICS


def test_a_history_bundle_says_the_same_as_its_cloud_event() -> None:
    (event,) = events(history(DEATH))
    assert (event.source, event.event_type, event.number) == (ASID, DEATH, WHO)


def test_a_hydrated_entry_beside_the_status_is_not_read() -> None:
    bundle = history(DEATH)
    bundle["entry"].append({"resource": {"resourceType": "Patient", "id": "9990000026"}})
    assert [event.number for event in events(bundle)] == [WHO]


def test_a_handshake_and_a_heartbeat_are_no_events() -> None:
    assert events(history(DEATH, kind="handshake")) == []
    assert events(history(DEATH, kind="heartbeat")) == []


def test_an_stu3_message_is_a_pointer_to_its_patient() -> None:
    (event,) = events(stu3_message())
    assert event == Event(ASID, "header-1", "pds-death-notification-1", WHO)


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("nhs-number-change-2", Kind.DEMOGRAPHICS),
        ("pds-record-change-2", Kind.DEMOGRAPHICS),
        ("patientflags-change-1", Kind.ADJUSTMENTS),
        ("imms-vaccinations-1", None),
    ],
)
def test_the_type_says_what_to_read(event_type: str, kind: Kind | None) -> None:
    (event,) = events({**CLOUD_EVENT, "type": event_type})
    assert event.kind is kind


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"subject": "9990000019"}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": {"dob": "2017-10-02"}}, "subject"),
        ({"id": ""}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"source": 7}, "source"),
        ({"type": None}, "type"),
    ],
)
def test_what_an_event_cannot_be_without_is_named_and_no_value_shown(
    change: dict[str, Any], where: str
) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        events({**CLOUD_EVENT, **change})
    assert refused.value.expression == where
    assert "9990000019" not in str(refused.value)


NO_EVENTS: list[Any] = [
    7,
    "text",
    [7],
    {"resourceType": "Patient"},
    {"resourceType": "Bundle", "type": "searchset"},
    {"resourceType": "Bundle", "type": "history", "entry": []},
    {"resourceType": "Bundle", "type": "message", "entry": [{"resource": {}}]},
]


@pytest.mark.parametrize("content", NO_EVENTS)
def test_what_is_no_event_is_refused(content: Any) -> None:
    with pytest.raises(UnreadableEvent):
        events(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "type",
                    "entry",
                    "resource",
                    "parameter",
                    "name",
                    "part",
                    "subject",
                    "source",
                    "id",
                    "meta",
                    "profile",
                    "identifier",
                    "value",
                ]
            ),
            inner | st.sampled_from(["Bundle", "history", "message", "Parameters"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_events_or_refused_with_words(content: Any) -> None:
    try:
        found = events(content)
    except UnreadableEvent as error:
        assert str(error)
    else:
        assert all(event.number for event in found)
