"""The roles file: what it says, and what is wrong with one that can't be taken."""

from __future__ import annotations

import pytest

from console.sign_in import roles_file
from console.sign_in.roles_file import RolesFileError, read

GOOD = """
scopes: [openid, profile]
rules:
  - role: provider
    organisation_types: [acute]
    people: ['999000000001']
"""


def test_the_file_that_comes_with_the_console_is_read() -> None:
    admission = roles_file.default()
    assert {"openid", "nationalrbacaccess", "associatedorgs"} <= set(admission.scopes)
    entering = [rule for rule in admission.rules if not rule.integration]
    assert [rule.role for rule in entering] == ["provider", "icb"]
    assert all("R8000" in rule.role_codes for rule in entering)
    (feed,) = [rule for rule in admission.rules if rule.integration]
    assert feed.role_codes == {"R8015"}


def test_what_may_be_left_out_means_any() -> None:
    admission = read("roles.yaml", GOOD.encode())
    assert admission.acr_values == ()
    assert (admission.authentication_assurance, admission.identity_assurance) == (0, 0)
    assert admission.rules[0].people == {"999000000001"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scopes: [openid, profile]", "scopes: [profile]", "scopes: expected openid"),
        ("scopes: [openid, profile]", "scopes: openid", "scopes: expected a list"),
        ("scopes: [openid, profile]", "", "scopes: expected a list"),
        ("rules:", "rule:", "rule is not known; expected acr_values"),
        ("role: provider", "role: gp", "rules[1].role: expected one of provider, icb"),
        ("role: provider", "role: [provider]", "rules[1].role: expected one of"),
        ("[acute]", "[gp]", "rules[1].organisation_types: expected some of"),
        ("[acute]", "[acute, icb]", "rules[1].organisation_types: expected some of"),
        ("[acute]", "[]", "rules[1].organisation_types: expected some of"),
        ("['999000000001']", "[999000000001]", "put codes that are digits in quotes"),
        ("['999000000001']", "[]", "rules[1]: expected role_codes"),
        ("people:", "persons:", "rules[1]: persons is not known"),
        ("people:", "integration: perhaps\n    people:", "rules[1].integration: expected yes"),
        ("rules:", "identity_assurance: 4\nrules:", "identity_assurance: expected 0, 1, 2 or 3"),
        ("rules:", "identity_assurance: true\nrules:", "identity_assurance: expected 0"),
        ("scopes:", "scopes: [", "not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: str) -> None:
    with pytest.raises(RolesFileError) as error:
        read("ours.yaml", GOOD.replace(old, new, 1).encode())
    assert str(error.value).startswith("ours.yaml")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"- a", b"\xff\xfe", b"rules: []\nscopes: [openid]"])
def test_what_is_no_roles_file_is_refused(content: bytes) -> None:
    with pytest.raises(RolesFileError):
        read("ours.yaml", content)
