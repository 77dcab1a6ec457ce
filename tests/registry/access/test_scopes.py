"""Scopes: read in both versions of SMART, and never granted beyond the role."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access import scopes
from registry.access.resource_types import RESOURCE_TYPES
from registry.access.roles import ROLES, Role
from registry.access.scopes import InvalidScope

PROVIDER = (
    "system/AuditEvent.rs system/Basic.rs system/Condition.rs system/Encounter.rs"
    " system/Flag.rs system/Group.crus"
    " system/MeasureReport.crs system/Observation.rs system/Organization.rs system/Patient.rs"
    " system/Provenance.rs system/ServiceRequest.crus system/Subscription.cruds system/Task.rus"
)
# A board reads published returns; it makes none.
ICB = PROVIDER.replace("MeasureReport.crs", "MeasureReport.rs")
READING = ICB.replace("cruds", "rs").replace("crus", "rs").replace("rus", "rs")
READABLE = st.builds(
    "{}/{}.{}".format,
    st.sampled_from(["system", "user", "patient"]),
    st.sampled_from([*sorted(RESOURCE_TYPES), "*"]),
    st.sampled_from(["c", "rs", "rus", "cruds", "read", "write", "*"]),
)


@pytest.mark.parametrize(
    ("role", "asked", "granted"),
    [
        ("provider", None, PROVIDER),
        ("icb", None, ICB),
        ("provider", "system/*.rs", READING),
        ("provider", "system/*.*", PROVIDER),
        ("provider", "system/*.cruds", PROVIDER),
        ("provider", "system/Task.write", "system/Task.u"),
        ("provider", "system/Task.read system/Location.read", "system/Task.rs"),
        ("provider", "openid launch/patient system/Task.r", "system/Task.r"),
        ("provider", "system/Task.rs?owner=RXX system/Flag.r", "system/Flag.r"),
        ("provider", "user/Task.rs system/Flag.r", "system/Flag.r"),
        ("adapter", None, "system/Bundle.c"),
        ("adapter", "system/Bundle.c", "system/Bundle.c"),
        (
            "national",
            None,
            "system/Bundle.c system/Condition.rs system/Encounter.rs system/Flag.rs"
            " system/MeasureReport.rs system/Observation.rs system/Organization.rs"
            " system/Patient.rs system/Task.rs",
        ),
        ("admin", "system/*.read", "system/Organization.rs"),
    ],
)
def test_grants_what_the_role_has_of_what_was_asked(role: Role, asked: str, granted: str) -> None:
    assert scopes.text_of(scopes.grant(asked, role)) == granted


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        ("provider", "  "),
        ("adapter", "system/Patient.rs"),
        ("adapter", "system/*.rs"),
        ("national", "system/Task.u"),
        ("gp", "system/Flag.rs"),
        ("gp", "system/Task.u"),
        ("provider", "system/Patient.write"),
        ("provider", "user/Task.rs"),
        ("provider", "system/Task.rs?owner=RXX"),
        ("provider", "system/Dragon.rs system/Task.rs"),
        ("provider", "system/task.rs"),
        ("provider", "system/Task.sr"),
        ("provider", "system/Task.rr"),
        ("provider", "system/Task.reads"),
        ("provider", "system/Task."),
        ("provider", "system/Task"),
        ("provider", "Task.rs"),
        ("provider", "all"),
        ("provider", "system/Task.rs " * 600),
    ],
)
def test_refuses_what_is_unreadable_or_leaves_nothing(role: Role, asked: str) -> None:
    with pytest.raises(InvalidScope):
        scopes.grant(asked, role)


@given(st.lists(READABLE, min_size=1, max_size=10).map(" ".join), st.sampled_from(ROLES))
def test_never_more_than_the_role_nor_than_asked(asked: str, role: Role) -> None:
    try:
        granted = scopes.grant(asked, role)
    except InvalidScope:
        return
    wanted = scopes.parse(asked)
    assert granted <= scopes.OF_ROLE[role]
    assert all({(name, letter), ("*", letter)} & wanted for name, letter in granted)


@given(st.frozensets(st.tuples(st.sampled_from(["Task", "Flag"]), st.sampled_from("cruds"))))
def test_text_reads_back(some: scopes.Scopes) -> None:
    assert scopes.parse(scopes.text_of(some)) == some


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        scopes.parse(text)
    except InvalidScope as error:
        assert text not in str(error) or len(text) < 20


def test_finds_ours_among_what_others_call_scopes() -> None:
    names = ["email", "openid", "system/Task.rs", "system/Dragon.rs", "api://us/.default"]
    assert scopes.among(names) == {("Task", "r"), ("Task", "s")}
    assert scopes.among([]) == frozenset()


def test_permits_by_interaction() -> None:
    granted = scopes.grant("system/Task.ru", "provider")
    assert scopes.permits(granted, "Task", "vread")
    assert scopes.permits(granted, "Task", "patch")
    assert not scopes.permits(granted, "Task", "search-type")
    assert not scopes.permits(granted, "Task", "create")
    assert not scopes.permits(granted, "Patient", "read")


def test_only_provider_and_icb_change_tasks() -> None:
    may = {role for role in ROLES if scopes.permits(scopes.OF_ROLE[role], "Task", "update")}
    assert may == {"provider", "icb"}
