"""Reads the issuers file: whose access tokens are trusted, and what their claims mean here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as FilePath

from registry.access.issuers.claims import CLIENT
from registry.access.issuers.issuer import ClaimPaths, Issuer, Path, Place, TrustedIssuers
from registry.access.roles import ROLES, Role, is_role
from registry.access.verification_key import ALL_ALGORITHMS
from registry.directory.row import ODS
from registry.outgoing.address import AddressError, AllowedHosts, parse
from yaml_source import Source, open_source

_KEYS = (
    "name",
    "issuer",
    "jwks",
    "audience",
    "algorithms",
    "longest_minutes",
    "token_endpoint",
    "claims",
    "roles",
    "organisations",
    "clients",
)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CLAIM = re.compile(r"[!#-\[\]-~]{1,128}")
_ADDRESS = re.compile(r"[!-~]{1,2000}")
_MOST_MINUTES = 1440


def read(path: FilePath, hosts: AllowedHosts) -> TrustedIssuers:
    """Takes the path of an issuers file (YAML) and the hosts keys may be fetched from; returns what
    it says. SourceError, with the line, where it cannot be used."""
    whole = open_source(path)
    entries = whole.only("own_tokens", "issuers")
    issuers = tuple(_issuer(row, hosts) for row in whole.need("issuers").rows())
    for attribute in ("name", "issuer"):
        if len({getattr(one, attribute) for one in issuers}) != len(issuers):
            raise entries["issuers"].error(f"two issuers have the same {attribute}")
    own_tokens = "own_tokens" not in entries or _yes_or_no(entries["own_tokens"])
    if not own_tokens and not any(one.token_endpoint for one in issuers):
        raise entries["own_tokens"].error(
            "expected an issuer with a 'token_endpoint', which we can publish instead of ours"
        )
    return TrustedIssuers(issuers, own_tokens)


def _issuer(row: Source, hosts: AllowedHosts) -> Issuer:
    given = row.only(*_KEYS)
    claims = _claims(given["claims"]) if "claims" in given else ClaimPaths()
    roles: dict[str, Role] = {name: _role(value) for name, value in _table(given, "roles").items()}
    organisations = {name: _ods(value) for name, value in _table(given, "organisations").items()}
    places = {name: _place(name, value) for name, value in _table(given, "clients").items()}
    if (claims.organisation is None) != (claims.role is None):
        raise row.error("expected 'organisation' and 'role' in 'claims', both or neither")
    if claims.role is None and not places:
        raise row.error("expected 'clients', or 'organisation' and 'role' in 'claims'")
    if (claims.role is None) != (not roles):
        raise row.error("expected 'roles' where 'claims' has 'role', and only there")
    return Issuer(
        name=_matching(row.need("name"), _NAME, "a short name of a-z, 0-9 and -"),
        issuer=_matching(row.need("issuer"), _ADDRESS, "the issuer's address, as in `iss`"),
        jwks_url=_jwks(row.need("jwks"), hosts),
        audience=_optional(given, "audience", _ADDRESS, "an audience, as in `aud`"),
        algorithms=_algorithms(given["algorithms"]) if "algorithms" in given else _DEFAULT,
        longest=_seconds(given["longest_minutes"]) if "longest_minutes" in given else 3600.0,
        token_endpoint=_endpoint(given["token_endpoint"]) if "token_endpoint" in given else None,
        claims=claims,
        roles=roles,
        organisations=organisations if "organisations" in given else None,
        places=places,
    )


_DEFAULT = Issuer("", "", "").algorithms


def _claims(source: Source) -> ClaimPaths:
    given = source.only("client", "organisation", "role", "scopes")
    paths = {name: _path(value) for name, value in given.items()}
    standard = ClaimPaths()
    client = paths.get("client") or standard.client
    scopes = paths.get("scopes", standard.scopes)
    return ClaimPaths(client, paths.get("organisation"), paths.get("role"), scopes)


def _path(source: Source) -> Path | None:
    """One name, a list of names each inside the one before, or `none`."""
    if source.is_list:
        if not source.rows():
            raise source.error("expected the name of a claim, or the names on the way to it")
        return tuple(_claim(name) for name in source.rows())
    return None if source.text() == "none" else (_claim(source),)


def _claim(source: Source) -> str:
    return _matching(source, _CLAIM, "the name of a claim, without spaces and quotes")


def _place(client: str, source: Source) -> Place:
    if not CLIENT.fullmatch(client):
        raise source.error("expected client ids of up to 128 visible ASCII characters")
    source.only("organisation", "role")
    return Place(_ods(source.need("organisation")), _role(source.need("role")))


def _role(source: Source) -> Role:
    role = source.text()
    if not is_role(role):
        raise source.error(f"expected a role: {', '.join(ROLES)}")
    return role


def _ods(source: Source) -> str:
    return _matching(source, ODS, "an ODS code, such as RXA")


def _jwks(source: Source, hosts: AllowedHosts) -> str:
    try:
        hosts.check(source.text())
    except AddressError as error:
        raise source.error(f"expected an address that keys may be fetched from: {error}") from None
    return source.text()


def _endpoint(source: Source) -> str:
    try:
        parse(source.text())
    except AddressError as error:
        raise source.error(f"expected the address of a token endpoint: {error}") from None
    return source.text()


def _algorithms(source: Source) -> frozenset[str]:
    named = frozenset(row.text() for row in source.rows())
    if not named or not named <= ALL_ALGORITHMS:
        raise source.error(f"expected some of {', '.join(sorted(ALL_ALGORITHMS))}")
    return named


def _seconds(source: Source) -> float:
    text = source.text()
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_MINUTES:
        raise source.error(f"expected a number of minutes from 1 to {_MOST_MINUTES}")
    return int(text) * 60.0


def _yes_or_no(source: Source) -> bool:
    answers = {"true": True, "yes": True, "false": False, "no": False}
    if source.text().lower() not in answers:
        raise source.error("expected true or false")
    return answers[source.text().lower()]


def _table(given: Mapping[str, Source], name: str) -> dict[str, Source]:
    return given[name].table() if name in given else {}


def _optional(
    given: Mapping[str, Source], name: str, form: re.Pattern[str], what: str
) -> str | None:
    return _matching(given[name], form, what) if name in given else None


def _matching(source: Source, form: re.Pattern[str], what: str) -> str:
    if not form.fullmatch(source.text()):
        raise source.error(f"expected {what}")
    return source.text()
