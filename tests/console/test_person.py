"""Claims in the form of NHS CIS2, and what they say of somebody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sign_in.person import MAX_LENGTH, MAX_MEMBERSHIPS, ClaimsError, Membership, read

CLAIMS: dict[str, Any] = {
    "sub": "999000000001",
    "uid": "999000000001",
    "name": "Example Robin Mrs",
    "nhsid_nrbac_roles": [
        {
            "person_orgid": "555",
            "person_roleid": "701",
            "org_code": "RT1",
            "role_name": '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
            "role_code": "S8000:G8000:R8000",
            "activity_codes": ["B0085", "B0011"],
        },
        {"person_roleid": "702", "org_code": "RT2", "role_code": "S8001:G8005:R8015"},
    ],
    "nhsid_user_orgs": [
        {"org_code": "RT1", "org_name": "TRUST ONE"},
        {"org_code": "QX1", "org_name": "BOARD ONE"},
    ],
}


def test_every_role_and_every_organisation_counts_where_none_is_selected() -> None:
    person = read(CLAIMS)
    assert (person.uid, person.name) == ("999000000001", "Example Robin Mrs")
    job = "Clinical Practitioner Access Role"
    codes = frozenset({"B0085", "B0011"})
    assert person.memberships == (
        Membership("RT1", "TRUST ONE", "R8000", job, codes),
        Membership("RT2", None, "R8015", "R8015"),
        Membership("RT1", "TRUST ONE"),
        Membership("QX1", "BOARD ONE"),
    )


def test_only_the_selected_role_counts() -> None:
    person = read({**CLAIMS, "selected_roleid": "702"})
    assert [one.organisation for one in person.memberships] == ["RT2"]


@pytest.mark.parametrize("selected", ["703", 702, ["702"], {"702": 1}])
def test_a_selected_role_that_is_none_of_theirs_leaves_nothing(selected: object) -> None:
    assert read({**CLAIMS, "selected_roleid": selected}).memberships == ()


@pytest.mark.parametrize("key", ["uid", "nhsid_useruid", "sub"])
def test_a_person_is_known_by_the_first_id_there_is(key: str) -> None:
    assert read({key: "42"}).uid == "42"
    assert read({key: "42"}).name == "42"


@pytest.mark.parametrize("uid", [None, "", " ", 42, ["42"], "4\n2", "4" * (MAX_LENGTH + 1)])
def test_claims_without_a_usable_id_name_nobody(uid: object) -> None:
    with pytest.raises(ClaimsError):
        read({"uid": uid, "name": "Robin"})


@pytest.mark.parametrize("code", ["RT1'", "../RT1", "R T1", "ＲＴ1", "R" * 13, "", None, 1])
def test_what_is_no_organisation_code_is_left_out(code: object) -> None:
    claims = {"sub": "1", "nhsid_nrbac_roles": [{"org_code": code}], "nhsid_user_orgs": [code]}
    assert read(claims).memberships == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
ROLE = st.dictionaries(
    st.sampled_from(["org_code", "role_code", "role_name", "person_roleid", "activity_codes"]),
    JSON | st.sampled_from(["RT1", "S8000:G8000:R8000"]),
)


@given(
    st.fixed_dictionaries(
        {"sub": st.just("1")},
        optional={
            "name": JSON,
            "uid": JSON,
            "selected_roleid": JSON,
            "nhsid_nrbac_roles": st.lists(ROLE | JSON) | JSON,
            "nhsid_user_orgs": st.lists(ROLE | JSON) | JSON,
        },
    )
)
def test_whatever_the_claims_are_what_is_read_is_short_and_printable(
    claims: dict[str, Any],
) -> None:
    person = read(claims)
    assert len(person.memberships) <= 2 * MAX_MEMBERSHIPS
    texts = [person.uid, person.name]
    for one in person.memberships:
        texts += [one.organisation, one.job or "x", one.organisation_name or "x"]
    assert all(0 < len(text) <= MAX_LENGTH and text.isprintable() for text in texts)
