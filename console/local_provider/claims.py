"""Invented people, one for each organisation, with claims in the form of NHS CIS2."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from registry.access.organisation_roles import TYPES_OF_ROLE
from registry.directory.organisation import Organisation

ENTERING = TYPES_OF_ROLE["provider"] | TYPES_OF_ROLE["icb"]
"""The types of organisation whose people may enter the console."""
ROLES = (
    ("S8000:G8000:R8000", '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"'),
    ("S8001:G8005:R8015", '"Support":"Systems Support":"Systems Support Access Role"'),
)
"""What they are at each organisation: who reads its cases, and who looks after its feed."""
NAME = "Robin Example"


def person(organisations: Sequence[Organisation]) -> dict[str, object]:
    """Takes the organisations somebody works for; returns the claims about that invented person,
    who has selected none of their roles."""
    codes = [one.ods for one in organisations]
    uid = _digits("person", *codes)
    roles = [
        {
            "person_orgid": _digits("organisation", one.ods),
            "person_roleid": _digits("role", one.ods, code),
            "org_code": one.ods,
            "role_code": code,
            "role_name": name,
        }
        for one in organisations
        for code, name in ROLES
    ]
    return {
        "sub": uid,
        "uid": uid,
        "name": NAME,
        "nhsid_useruid": uid,
        "nhsid_nrbac_roles": roles,
        "nhsid_user_orgs": [{"org_code": one.ods, "org_name": one.name} for one in organisations],
        "authentication_assurance_level": "3",
        "id_assurance_level": "3",
    }


def _digits(*words: str) -> str:
    """Twelve digits that are the same whenever the words are; 999 begins what is invented."""
    number = int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:8])
    return f"999{number % 10**9:09}"
