"""Who signed in, as the claims of NHS CIS2 say it: the person, and what they are where.

Source: NHS CIS2 Authentication, "Scopes and claims" (profile, nationalrbacaccess, associatedorgs,
selectedrole). Claims come from outside: every value is checked before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

MAX_LENGTH = 255
MAX_MEMBERSHIPS = 200
CODE = re.compile(r"[A-Z0-9]{1,12}")


class ClaimsError(ValueError):
    """The claims name nobody; str() says which claim, without its value."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a person is at one organisation (ODS code). Without a job it says only that they belong
    there. `role_code` is the job role, the last part of CIS2's `S8000:G8000:R8000`."""

    organisation: str
    organisation_name: str | None = None
    role_code: str | None = None
    job: str | None = None
    activity_codes: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the identity provider has signed in, by the id it knows them by."""

    uid: str
    name: str
    memberships: tuple[Membership, ...]


def read(claims: Mapping[str, object]) -> Person:
    """Takes verified claims; returns who signed in. Where a role was selected, only that role
    counts. ClaimsError: no usable id."""
    uid = next((one for n in ("uid", "nhsid_useruid", "sub") if (one := _text(claims.get(n)))), "")
    if not uid:
        raise ClaimsError("uid")
    names = _organisation_names(claims.get("nhsid_user_orgs"))
    roles = [
        (one.get("person_roleid"), _membership(one, names))
        for one in _objects(claims.get("nhsid_nrbac_roles"))
    ]
    selected = claims.get("selected_roleid")
    if selected:
        found = [made for role_id, made in roles if role_id == selected]
    else:
        found = [made for _, made in roles] + [Membership(c, n) for c, n in names.items()]
    return Person(uid, _text(claims.get("name")) or uid, tuple(one for one in found if one))


def _membership(role: Mapping[str, object], names: Mapping[str, str | None]) -> Membership | None:
    code = _code(role.get("org_code"))
    if code is None:
        return None
    activities = role.get("activity_codes")
    codes = cast(list[object], activities) if isinstance(activities, list) else []
    job_code = (_text(role.get("role_code")) or "").rpartition(":")[2] or None
    return Membership(
        code,
        _text(role.get("org_name")) or names.get(code),
        job_code,
        _job(_text(role.get("role_name"))) or job_code,
        frozenset(text for one in codes[:MAX_MEMBERSHIPS] if (text := _text(one))),
    )


def _job(name: str | None) -> str | None:
    """The job's own name: CIS2 writes `"Support":"Systems Support":"Systems Support Access Role"`
    with its quotes."""
    return name.rpartition('":"')[2].strip('" ') or None if name else None


def _organisation_names(value: object) -> dict[str, str | None]:
    found = ((_code(one.get("org_code")), _text(one.get("org_name"))) for one in _objects(value))
    return {code: name for code, name in found if code is not None}


def _objects(value: object) -> list[Mapping[str, object]]:
    rows = cast(list[object], value)[:MAX_MEMBERSHIPS] if isinstance(value, list) else []
    return [cast(Mapping[str, object], row) for row in rows if isinstance(row, dict)]


def _code(value: object) -> str | None:
    code = (_text(value) or "").upper()
    return code if CODE.fullmatch(code) else None


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if 0 < len(text) <= MAX_LENGTH and text.isprintable() else None
