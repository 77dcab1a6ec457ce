"""Who may enter, for which organisation, as what: the rules of the roles file, applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from console.sign_in.person import Membership, Person
from registry.directory.organisation import Directory, OrganisationType

ConsoleRole = Literal["provider", "icb"]
Reason = Literal["unknown-organisation", "organisation-type", "job"]


@dataclass(frozen=True, slots=True)
class Rule:
    """People of organisations of these types enter in this role, where every list that is not empty
    holds what they have: their job role, one of their activities, their id. A rule with
    `integration` lets nobody in: whom another rule lets in, it has look after the organisation's
    feed, and see its messages as they were sent."""

    organisation_types: frozenset[OrganisationType]
    role: ConsoleRole
    role_codes: frozenset[str] = frozenset()
    activity_codes: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    integration: bool = False

    def admits(self, uid: str, one: Membership) -> bool:
        """Takes a person's id and what they are somewhere; True if that is enough. A rule without
        any list admits nobody."""
        checks: list[bool] = []
        if self.role_codes:
            checks.append(one.role_code in self.role_codes)
        if self.activity_codes:
            checks.append(not self.activity_codes.isdisjoint(one.activity_codes))
        if self.people:
            checks.append(uid in self.people)
        return bool(checks) and all(checks)


@dataclass(frozen=True, slots=True)
class Admission:
    """What the roles file says: the scopes asked for, the authentication contexts asked for and
    accepted (none: any), the least assurance levels, and the rules."""

    scopes: tuple[str, ...]
    rules: tuple[Rule, ...]
    acr_values: tuple[str, ...] = ()
    authentication_assurance: int = 0
    identity_assurance: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation (ODS code) that a person may act for, in which role, and by which job; and
    whether they look after its feed, and may see messages as they were sent."""

    organisation: str
    role: ConsoleRole
    job: str
    integration: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """An organisation that a person may not act for, and why."""

    organisation: str
    organisation_name: str
    job: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Admitted:
    """Where a person may enter, each organisation once; and where not."""

    places: tuple[Place, ...]
    refusals: tuple[Refusal, ...]


def admit(person: Person, rules: tuple[Rule, ...], directory: Directory, on: date) -> Admitted:
    """Takes a person, the rules, the directory and the date in London; returns where they may
    enter. An organisation with a successor is entered as that successor."""
    places: dict[str, Place] = {}
    refusals: dict[str, Refusal] = {}
    feeds: set[str] = set()
    for one in person.memberships:
        code = directory.current(one.organisation, on)
        kind = directory.type_of(code)
        fitting = [rule for rule in rules if kind in rule.organisation_types]
        job = one.job or "a member of the organisation"
        entered = [rule for rule in fitting if rule.admits(person.uid, one)]
        if any(rule.integration for rule in entered):
            feeds.add(code)
        first = next((rule for rule in entered if not rule.integration), None)
        if first is not None:
            places.setdefault(code, Place(code, first.role, job))
            continue
        name = directory.name(code) if kind else one.organisation_name or code
        reason = _reason(is_known=kind is not None, is_fitting=bool(fitting))
        refusals.setdefault(code, Refusal(code, name, job, reason))
    refused = tuple(one for code, one in refusals.items() if code not in places)
    entered_at = (replace(p, integration=p.organisation in feeds) for p in places.values())
    return Admitted(tuple(entered_at), refused)


def _reason(*, is_known: bool, is_fitting: bool) -> Reason:
    if not is_known:
        return "unknown-organisation"
    return "job" if is_fitting else "organisation-type"


def is_assured(claims: Mapping[str, object], admission: Admission) -> bool:
    """Takes verified claims of an ID token and what is asked; True if the sign-in was strong
    enough. Source: NHS CIS2 Authentication, `acr`, `authentication_assurance_level` and
    `id_assurance_level`."""
    if admission.acr_values and claims.get("acr") not in admission.acr_values:
        return False
    return (
        _level(claims.get("authentication_assurance_level")) >= admission.authentication_assurance
        and _level(claims.get("id_assurance_level")) >= admission.identity_assurance
    )


def _level(value: object) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text in ("0", "1", "2", "3") else 0
