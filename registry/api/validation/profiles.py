"""Does a resource meet our own profiles? Table-driven: cardinality, types, fixed and pattern
values, required bindings to our value sets, slices, and the profiles' constraints.

What the profiles inherit from UK Core is for a full validator (conformance/java_validator). Where
somebody sees a resource in parts (tag SUBSETTED), nothing is missed that their role does not see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from conformance import canonical
from registry.api.outcomes import Issue
from registry.api.validation.guide import Node, profiles
from registry.core.concern import ConcernKind

Json = dict[str, Any]


def stated(resource: Json) -> list[str]:
    """Takes a resource; returns which of our profiles it is to meet: those it names in
    meta.profile, else that of its kind where it has one."""
    named = [url for url in resource.get("meta", {}).get("profile", ()) if url in profiles()]
    return named or [url for url in [_of_kind(resource)] if url]


def issues_against(resource: Json, profile: str) -> list[Issue]:
    """Takes a resource that is valid FHIR R4 and the address of one of our profiles; returns where
    it does not meet it. KeyError where the profile is not ours."""
    node = profiles()[profile]
    if resource["resourceType"] != node.path:
        text = f"The profile is of {node.path}; the resource is a {resource['resourceType']}."
        return [Issue("invalid", "INVALID_RESOURCE", text, resource["resourceType"])]
    tags = resource.get("meta", {}).get("tag", ())
    is_part = any(tag.get("code") == "SUBSETTED" for tag in tags)
    return list(_Check(is_part=is_part).value(node, resource, node.path))


def _of_kind(resource: Json) -> str | None:
    match resource["resourceType"]:
        case "Task":
            is_question = canonical.INQUIRY in _systems(resource.get("code", {}))
            return canonical.INQUIRY_TASK if is_question else canonical.REVIEW_TASK
        case "ServiceRequest":
            systems = [s for one in resource.get("reasonCode", ()) for s in _systems(one)]
            return canonical.ALARM if canonical.ALARM_KIND in systems else canonical.CONCERN
        case "Bundle" if resource.get("type") == "message":
            return canonical.MESSAGE_BUNDLE
        case _:
            return None


def _systems(concept: Json) -> list[str]:
    return [coding.get("system", "") for coding in concept.get("coding", ())]


class _Check:
    """One resource's check; `is_part` is True where elements may have been left out of it."""

    def __init__(self, *, is_part: bool) -> None:
        self._is_part = is_part

    def value(self, node: Node, value: Any, at: str) -> Iterator[Issue]:
        """What is wrong with one value of an element."""
        if node.value is not None and not _matches(node.value, value):
            yield _wrong("value", f"{at} is not {_said(node.value)}.", at)
        if node.codes is not None and not _is_one_of(node.codes, value):
            yield _wrong("code-invalid", f"{at} has no code that its value set allows.", at)
        for url in node.profiles:
            yield from self.value(profiles()[url], value, at)
        for key, human in node.constraints:
            if not self._is_met(key, value):
                yield _wrong("invariant", f"{at}: {human} ({key}).", at)
        if isinstance(value, dict):
            for name, child in node.children.items():
                yield from self._element(name, child, cast(Json, value), at)

    def _element(self, name: str, node: Node, holder: Json, at: str) -> Iterator[Issue]:
        if name.endswith("[x]"):
            key = next((k for k in holder if _is_choice(k, name)), None)
            place = f"{at}.{key or name.removesuffix('[x]')}"
            if key is not None and node.types:
                suffix = key.removeprefix(name.removesuffix("[x]"))
                if suffix not in {code[:1].upper() + code[1:] for code in node.types}:
                    expected = ", ".join(sorted(node.types))
                    yield _wrong("structure", f"{place} is to be of type {expected}.", place)
                    return
        else:
            key, place = name, f"{at}.{name}"
        values: Any = holder.get(key) if key else None
        listed = cast(list[Any], values) if isinstance(values, list) else [values]
        given = [] if values is None else listed
        yield from self._each(node, given, place, is_list=isinstance(values, list))

    def _each(self, node: Node, values: list[Any], at: str, *, is_list: bool) -> Iterator[Issue]:
        yield from self._count(node, len(values), at)
        of_slice: dict[str, int] = dict.fromkeys(node.slices, 0)
        for number, value in enumerate(values):
            place = f"{at}[{number}]" if is_list else at
            yield from self.value(node, value, place)
            if not node.slices:
                continue
            found = next((s for s, one in node.slices.items() if _is_of(one, node, value)), None)
            if found is not None:
                of_slice[found] += 1
                yield from self.value(node.slices[found], value, place)
            elif node.is_closed:
                known = ", ".join(node.slices)
                yield _wrong("structure", f"{place} is none of: {known}.", place)
        for name, count in of_slice.items():
            yield from self._count(node.slices[name], count, f"{at}:{name}")

    def _count(self, node: Node, count: int, at: str) -> Iterator[Issue]:
        where = at.partition(":")[0]
        if count < node.least and not self._is_part:
            yield _wrong("required", f"{at} is needed at least {node.least} time(s).", where)
        if node.most is not None and count > node.most:
            times = f"at most {node.most} time(s)" if node.most else "not"
            yield _wrong("structure", f"{at} is {times} allowed.", where)

    def _is_met(self, key: str, value: Any) -> bool:
        return (self._is_part and key in _OF_THE_WHOLE) or CONSTRAINTS[key](value)


def _wrong(code: str, text: str, at: str) -> Issue:
    return Issue(code, "INVALID_RESOURCE", text, at)


def _said(value: Any) -> str:
    """A profile's own value as people read it: never one that was sent."""
    if isinstance(value, dict):
        coding = cast(list[Json], cast(Json, value).get("coding") or [value])[0]
        return f"{coding.get('code')} of {coding.get('system')}"
    return str(value)


def _is_choice(key: str, name: str) -> bool:
    base = name.removesuffix("[x]")
    return key.startswith(base) and key[len(base) :][:1].isupper()


def _matches(pattern: Any, value: Any) -> bool:
    """FHIR pattern[x]: all of the pattern is in the value."""
    if isinstance(pattern, dict):
        if not isinstance(value, dict):
            return False
        given = cast(Json, value)
        return all(_matches(one, given.get(name)) for name, one in cast(Json, pattern).items())
    if isinstance(pattern, list):
        there = cast(list[Any], value) if isinstance(value, list) else []
        return all(any(_matches(one, v) for v in there) for one in cast(list[Any], pattern))
    return bool(pattern == value)


def _is_one_of(codes: frozenset[tuple[str, str]], value: Any) -> bool:
    if isinstance(value, str):
        return any(code == value for _, code in codes)
    said = cast(Json, value)
    codings = cast(list[Json], said.get("coding", [said]))
    return any((c.get("system"), c.get("code")) in codes for c in codings)


def _is_of(slice_node: Node, node: Node, value: Any) -> bool:
    assert node.discriminator is not None
    kind, path = node.discriminator
    if kind == "type":
        holder = value if path == "$this" else value.get(path, {})
        types = slice_node.types if path == "$this" else slice_node.children[path].types
        return holder.get("resourceType") in types
    return _matches(slice_node.children[path].value, value.get(path))


_REVIEW_REASON = f"{canonical.CODE_SYSTEM}review-reason"
_OUTWARD_CODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
# Constraints on what a role may not see: elements that were left out break none.
_OF_THE_WHOLE = {"lfd-3", "lfd-6"}


def _hold_has_a_reason(task: Json) -> bool:
    reasons = _systems(task.get("statusReason", {}))
    return task.get("status") != "on-hold" or _REVIEW_REASON in reasons


def _one_raised_it(request: Json) -> bool:
    kinds = [
        coding
        for reason in request.get("reasonCode", ())
        for coding in reason.get("coding", ())
        if coding.get("system") == canonical.CONCERN_KIND and coding.get("code") in set(ConcernKind)
    ]
    return len(kinds) == 1


def _outward_only(patient: Json) -> bool:
    codes = [one["postalCode"] for one in patient.get("address", ()) if "postalCode" in one]
    return all(_OUTWARD_CODE.fullmatch(code) for code in codes)


def _one_type_text(patient: Json) -> bool:
    texts = [
        one["type"]["text"]
        for one in patient.get("identifier", ())
        if "text" in one.get("type", {})
    ]
    return all(text == "NHS number, not valid" for text in texts)


CONSTRAINTS: dict[str, Callable[[Any], bool]] = {
    "lfd-1": _outward_only,
    "lfd-2": _one_type_text,
    "lfd-3": _hold_has_a_reason,
    "lfd-4": lambda request: request.get("status") in ("active", "revoked", "entered-in-error"),
    "lfd-5": _one_raised_it,
    "lfd-6": lambda task: bool(task.get("reasonCode")),
}
