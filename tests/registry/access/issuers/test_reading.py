"""The issuers file: what it may say, and the line and reason where it can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.access.issuers.issuer import ClaimPaths, Place, TrustedIssuers
from registry.access.issuers.reading import read
from registry.outgoing.address import AllowedHosts
from yaml_source import SourceError

HOSTS = AllowedHosts.of(["login.example", "area.example:8443"])
WHOLE = """
own_tokens: false
issuers:
  - name: login
    issuer: https://login.example
    jwks: https://login.example/keys
    audience: api://reviews
    algorithms: [RS256, ES256]
    longest_minutes: 90
    token_endpoint: https://login.example/token
    claims:
      client: azp
      organisation: [trust, ods]
      role: https://nhs.example/role
      scopes: none
    roles: {reviewer: provider, board: icb}
    organisations: {7f3b: RXA}
  - name: area
    issuer: https://area.example
    jwks: https://area.example:8443/jwks
    clients:
      surgery-app: {organisation: A81001, role: gp}
"""
LEAST = """
issuers:
  - name: area
    issuer: https://area.example
    jwks: https://area.example:8443/jwks
    clients:
      surgery-app: {organisation: A81001, role: gp}
"""


def parsed(folder: Path, text: str) -> TrustedIssuers:
    path = folder / "issuers.yaml"
    path.write_text(text)
    return read(path, HOSTS)


def test_reads(tmp_path: Path) -> None:
    found = parsed(tmp_path, WHOLE)
    assert found.token_url_elsewhere == "https://login.example/token"
    login, area = found.issuers
    assert login.claims == ClaimPaths(
        ("azp",), ("trust", "ods"), ("https://nhs.example/role",), None
    )
    assert login.algorithms == {"RS256", "ES256"}
    assert (login.audience, login.longest) == ("api://reviews", 5400)
    assert login.roles == {"reviewer": "provider", "board": "icb"}
    assert login.organisations == {"7f3b": "RXA"}
    assert area.places == {"surgery-app": Place("A81001", "gp")}
    assert area.algorithms == {"RS384", "RS512", "ES384"}
    assert (area.audience, area.longest, area.organisations) == (None, 3600, None)
    assert found.named("https://area.example") == area
    assert found.named("https://area.example/") is None


def test_beside_ours_unless_it_says_otherwise(tmp_path: Path) -> None:
    found = parsed(tmp_path, LEAST)
    assert found.own_tokens
    assert found.token_url_elsewhere is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("issuers:", "issuer:", "not known here"),
        ("name: area", "name: Area One", "short name"),
        ("issuer: https://area.example", "issuer: a b", "issuer's address"),
        ("https://area.example:8443/jwks", "https://area.example/jwks", "--jwks-host"),
        ("https://area.example:8443/jwks", "http://area.example:8443/jwks", "https"),
        ("role: gp", "role: surgeon", "expected a role"),
        ("organisation: A81001", "organisation: a surgery", "ODS code"),
        ("organisation: A81001, ", "", "expected 'organisation'"),
        ("    clients:", "    roles: {a: gp}\n    clients:", "'roles' where"),
        ("    clients:", "    claims: {role: r}\n    clients:", "both or neither"),
        (
            "    clients:",
            "    claims: {role: [], organisation: o}\n    clients:",
            "name of a claim",
        ),
        ("    clients:", "    algorithms: [HS256]\n    clients:", "expected some of ES256"),
        ("    clients:", "    algorithms: [none]\n    clients:", "expected some of ES256"),
        ("    clients:", "    longest_minutes: 0\n    clients:", "minutes"),
        ("    clients:", "    secret: x\n    clients:", "not known here"),
        ("issuers:", "own_tokens: false\nissuers:", "token_endpoint"),
        ("issuers:", "own_tokens: perhaps\nissuers:", "true or false"),
    ],
)
def test_says_where_and_why_not(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in LEAST
    with pytest.raises(SourceError, match=r"issuers.yaml") as caught:
        parsed(tmp_path, LEAST.replace(old, new, 1))
    assert said in str(caught.value)


def test_each_issuer_once(tmp_path: Path) -> None:
    twice = LEAST + LEAST.replace("issuers:\n", "")
    with pytest.raises(SourceError, match="same name"):
        parsed(tmp_path, twice)


def test_an_issuer_without_any_mapping(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected 'clients'"):
        parsed(tmp_path, LEAST[: LEAST.index("    clients:")])
