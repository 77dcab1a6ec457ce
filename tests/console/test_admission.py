"""Who may enter where, by the rules of the roles file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sign_in import roles_file
from console.sign_in.admission import (
    Admission,
    Admitted,
    Place,
    Refusal,
    Rule,
    admit,
    is_assured,
)
from console.sign_in.person import Membership, Person
from registry.access.organisation_roles import TYPES_OF_ROLE
from registry.directory.organisation import TYPES, Directory, Organisation
from tests.console.served import DIRECTORY

TODAY = date(2026, 7, 1)
KNOWN = Directory(DIRECTORY)
PROVIDER = Rule(frozenset({"acute", "medical-examiner"}), "provider", frozenset({"R8000"}))
BOARD = Rule(frozenset({"icb"}), "icb", frozenset({"R8000"}))
RULES = (PROVIDER, BOARD)


def member(code: str, role_code: str | None = "R8000") -> Membership:
    return Membership(code, f"{code} as the provider calls it", role_code, role_code)


def admitted(*memberships: Membership, rules: tuple[Rule, ...] = RULES) -> Admitted:
    return admit(Person("1", "Robin", memberships), rules, KNOWN, TODAY)


def test_an_organisation_is_entered_in_the_role_of_its_rule() -> None:
    found = admitted(member("RT1"), member("QX1"))
    assert found.places == (Place("RT1", "provider", "R8000"), Place("QX1", "icb", "R8000"))
    assert found.refusals == ()


def test_who_looks_after_the_feed_is_let_in_by_another_rule() -> None:
    feed = Rule(frozenset({"acute"}), "provider", frozenset({"R8015"}), integration=True)
    alone = admitted(member("RT1", "R8015"), rules=(*RULES, feed))
    assert alone.places == ()
    assert [one.reason for one in alone.refusals] == ["job"]
    for both in ([member("RT1"), member("RT1", "R8015")], [member("RT1", "R8015"), member("RT1")]):
        found = admitted(*both, member("QX1"), rules=(feed, *RULES))
        assert set(found.places) == {
            Place("RT1", "provider", "R8000", integration=True),
            Place("QX1", "icb", "R8000"),
        }
        assert found.refusals == ()


def test_what_is_refused_says_why() -> None:
    found = admitted(member("RT1", "R8015"), member("P81001"), member("RZ9"))
    assert found.places == ()
    assert found.refusals == (
        Refusal("RT1", "Trust One", "R8015", "job"),
        Refusal("P81001", "Practice One", "R8000", "organisation-type"),
        Refusal("RZ9", "RZ9 as the provider calls it", "R8000", "unknown-organisation"),
    )


def test_one_job_that_admits_is_enough() -> None:
    found = admitted(member("RT1", "R8015"), member("RT1"))
    assert found.places == (Place("RT1", "provider", "R8000"),)
    assert found.refusals == ()


def test_belonging_somewhere_without_a_job_admits_only_people_who_are_listed() -> None:
    belongs = Membership("RT1")
    assert admitted(belongs).places == ()
    listed = replace(PROVIDER, role_codes=frozenset(), people=frozenset({"1"}))
    assert admitted(belongs, rules=(listed,)).places == (
        Place("RT1", "provider", "a member of the organisation"),
    )


@pytest.mark.parametrize(("job", "activity", "listed"), list(product([True, False], repeat=3)))
def test_every_list_of_a_rule_must_hold_what_one_has(
    job: bool, activity: bool, listed: bool
) -> None:
    rule = replace(PROVIDER, activity_codes=frozenset({"B1"}), people=frozenset({"1"}))
    one = Membership(
        "RT1",
        role_code="R8000" if job else "R8001",
        activity_codes=frozenset({"B1", "B2"} if activity else {"B2"}),
    )
    assert rule.admits("1" if listed else "2", one) is (job and activity and listed)


def test_a_rule_without_a_list_admits_nobody() -> None:
    assert not Rule(frozenset({"acute"}), "provider").admits("1", member("RT1"))


@pytest.mark.parametrize(("day", "code"), [(date(2026, 3, 31), "RA1"), (date(2026, 4, 1), "RB1")])
def test_an_organisation_with_a_successor_is_entered_as_that(day: date, code: str) -> None:
    gone = Organisation("RA1", "Old", "acute", None, "RB1", date(2026, 4, 1))
    known = Directory([gone, Organisation("RB1", "New", "acute")])
    person = Person("1", "Robin", (member("RA1"),))
    assert admit(person, RULES, known, day).places == (Place(code, "provider", "R8000"),)


@given(
    st.lists(
        st.builds(
            Membership,
            st.sampled_from([*KNOWN, "RZ9"]),
            role_code=st.sampled_from([None, "R8000", "R8015"]),
        )
    )
)
def test_nobody_enters_where_nothing_admits_them(memberships: list[Membership]) -> None:
    found = admitted(*memberships)
    jobs = {(one.organisation, one.role_code) for one in memberships}
    for place in found.places:
        assert (place.organisation, "R8000") in jobs
        assert KNOWN[place.organisation].type in TYPES_OF_ROLE[place.role]
    codes = [one.organisation for one in (*found.places, *found.refusals)]
    assert sorted(codes) == sorted({one.organisation for one in memberships})


@pytest.mark.parametrize("kind", TYPES)
def test_no_rule_of_the_default_file_admits_practices_or_the_nation(kind: str) -> None:
    types = {one for rule in roles_file.default().rules for one in rule.organisation_types}
    assert (kind in types) is (kind not in ("gp", "national"))


ASKED = Admission(("openid",), RULES, ("AAL3_ANY",), 3, 2)
STRONG = {"acr": "AAL3_ANY", "authentication_assurance_level": "3", "id_assurance_level": "2"}


def test_a_sign_in_as_strong_as_asked_is_enough() -> None:
    assert is_assured(STRONG, ASKED)
    assert is_assured({**STRONG, "id_assurance_level": 3}, ASKED)
    assert is_assured({}, Admission(("openid",), RULES))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("acr", "AAL1_USERPASS"),
        ("acr", None),
        ("acr", ["AAL3_ANY"]),
        ("authentication_assurance_level", "2"),
        ("authentication_assurance_level", None),
        ("authentication_assurance_level", True),
        ("authentication_assurance_level", "99"),
        ("id_assurance_level", "1"),
        ("id_assurance_level", "three"),
    ],
)
def test_a_weaker_sign_in_is_not(claim: str, value: Any) -> None:
    assert not is_assured({**STRONG, claim: value}, ASKED)
