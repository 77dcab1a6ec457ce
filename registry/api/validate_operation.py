"""`$validate`: is this resource valid, and could it be created or updated here? Nothing is
stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import orjson

from registry.api.call import Answer, Call, answer
from registry.api.interactions import OFFERED
from registry.api.outcomes import Issue, invalid, not_found, outcome_of
from registry.api.validation.guide import profiles
from registry.api.validation.profiles import issues_against, stated
from registry.api.validation.structure import MAX_ISSUES
from registry.api.validation.validate import issues
from registry.audit.act import Subject
from registry.store import versions
from registry.store.transaction import Connection
from registry.store.versions import Version

Resource = dict[str, Any]
_MODES = ("create", "update", "delete", "profile")
_FINE = Issue("informational", "VALID", "No fault was found.", severity="information")


async def validate(connection: Connection, call: Call) -> Answer:
    """Answers with an OperationOutcome of all that is wrong, 200 whether or not something is.

    On an instance without a body's resource, the stored one is validated: 404 where it is not the
    caller's."""
    asked = dict(call.asked)
    resource, said = _given(call.body)
    mode, profile = said.get("mode", asked.get("mode")), said.get("profile", asked.get("profile"))
    if mode is not None and mode not in _MODES:
        raise invalid(f"mode is one of {', '.join(_MODES)}.", "Parameters.parameter")
    shown: tuple[Subject, ...] = ()
    if resource is None:
        stored = await _stored(connection, call)
        resource = orjson.loads(stored.content)
        shown = (Subject(call.resource_type, call.resource_id, stored.person, stored.audience),)
    found = [*_of_type(resource, call), *issues(resource), *_about_mode(call, mode)]
    if not any(issue.is_error for issue in found):
        found += _of_profiles(resource, _address(profile))
    if profile is not None and _address(profile) not in profiles():
        found.append(_unchecked_profile())
    found = found[:MAX_ISSUES]
    return replace(answer(outcome_of(found or [_FINE])), shown=shown)


def _given(body: Any) -> tuple[Any, dict[str, Any]]:
    """The resource and the parameters, from a Parameters or a bare resource."""
    sent = cast(Resource, body) if isinstance(body, dict) else {}
    if sent.get("resourceType") != "Parameters":
        return cast(Any, body), {}
    wrong = [issue for issue in issues(sent) if issue.is_error and ".resource" not in issue.text]
    if wrong:
        raise invalid(wrong[0].text, wrong[0].expression)
    resource: Any = None
    said: dict[str, Any] = {}
    for parameter in sent.get("parameter", ()):
        if parameter["name"] == "resource":
            resource = parameter.get("resource")
        else:
            values = [value for name, value in parameter.items() if name.startswith("value")]
            said[parameter["name"]] = values[0] if values else None
    return resource, said


async def _stored(connection: Connection, call: Call) -> Version:
    if not call.resource_id:
        raise invalid("Send the resource to validate, bare or as the parameter resource.")
    stored = await versions.current(
        connection, call.resource_type, call.resource_id, call.caller.organisation
    )
    if stored is None:
        raise not_found()
    return stored


def _address(profile: Any) -> str:
    """A canonical address without its version; none where it is no text."""
    return profile.partition("|")[0] if isinstance(profile, str) else ""


def _of_profiles(resource: Resource, asked: str) -> list[Issue]:
    """What breaks our profiles: the one asked for, and those that the resource is to meet."""
    wanted = [*stated(resource), *([asked] if asked in profiles() else [])]
    return [
        issue for profile in dict.fromkeys(wanted) for issue in issues_against(resource, profile)
    ]


def _of_type(resource: Any, call: Call) -> list[Issue]:
    said = cast(Resource, resource) if isinstance(resource, dict) else {}
    if said.get("resourceType") != call.resource_type:
        text = f"The address names {call.resource_type}; the resource is another type."
        return [Issue("invalid", "INVALID_RESOURCE", text, call.resource_type)]
    if call.resource_id and said.get("id") != call.resource_id:
        text = "The resource has another id than the address."
        return [Issue("invalid", "INVALID_RESOURCE", text, f"{call.resource_type}.id")]
    return []


def _about_mode(call: Call, mode: str | None) -> list[Issue]:
    if mode in (None, "profile") or mode in OFFERED[call.resource_type]:
        return []
    text = f"The registry offers no {mode} of {call.resource_type}."
    return [Issue("not-supported", "UNSUPPORTED_SERVICE", text)]


def _unchecked_profile() -> Issue:
    text = "The profile asked for is not one of the registry's own, and was not checked."
    return Issue("not-supported", "UNSUPPORTED_VALUE", text, severity="warning")
