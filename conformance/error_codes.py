"""The error codes that the product can answer with, read out of its own source.

Nobody keeps a list by hand that the code has left behind: whatever makes an error names its codes
as constants, and they are found here. What is passed on from elsewhere is no constant, and counts
where it was made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
REGISTRY = ROOT / "registry"
ADAPTER = ROOT / "adapter"
# Reasons of `lfd load`, which are about lines of a file and answer nobody.
_OF_FILES = ADAPTER / "history"

# Where the HTTP status, the FHIR issue code and the Spine code stand among a call's arguments.
_PLACES: dict[str, tuple[int | None, int, int | None]] = {
    "FhirError": (0, 1, 2),
    "AccessDenied": (0, 1, None),
    "Issue": (None, 0, 1),
    "outcome": (None, 0, 1),
    "_error": (None, 2, 3),
}
# What the validator finds wrong with what was sent is answered with this status.
_VALIDATION = (REGISTRY / "api" / "validation", 400)


@dataclass(frozen=True, slots=True)
class FhirCode:
    """One error as the FHIR API says it: Spine code, issue code, HTTP status (None: beside an
    answer, as a warning or as a finding of `$validate`)."""

    spine: str
    issue: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as an adapter says it: code of table 0357, place (`MSH-4`, '' if none), text with
    `…` for what is filled in."""

    code: str
    place: str
    text: str


@cache
def fhir_codes() -> frozenset[FhirCode]:
    """Returns every error of the registry's FHIR API."""
    return frozenset(
        code
        for path in sorted(REGISTRY.rglob("*.py"))
        for code in _of_registry(path, ast.parse(path.read_text(encoding="utf-8")))
    )


@cache
def faults() -> frozenset[Fault]:
    """Returns every fault that an acknowledgement or the quarantine can name."""
    return frozenset(
        fault
        for path in sorted(ADAPTER.rglob("*.py"))
        if not path.is_relative_to(_OF_FILES)
        for fault in _of_adapter(ast.parse(path.read_text(encoding="utf-8")))
    )


@cache
def oauth_codes() -> frozenset[str]:
    """Returns every error of the token endpoint (RFC 6749, 5.2)."""
    return frozenset(
        code
        for path in sorted((REGISTRY / "access").rglob("*.py"))
        for call in _calls(ast.parse(path.read_text(encoding="utf-8")), "OAuthError")
        if (code := _text(_argument(call, 0)))
    )


def _of_registry(path: Path, tree: ast.Module) -> Iterator[FhirCode]:
    folder, status_there = _VALIDATION
    statuses = {id(call.args[0]): _status(call) for call in _calls(tree, "fhir") if call.args}
    for name, places in _PLACES.items():
        for call in _calls(tree, name):
            status = None if places[0] is None else _number(_argument(call, places[0]))
            if path.is_relative_to(folder):
                status = status_there
            status = status or statuses.get(id(call))
            issue = _text(_argument(call, places[1])) or ("structure" if name == "_error" else None)
            spine = _spine(name, call, places[2])
            if issue and spine:
                yield FhirCode(spine, issue, status)
    yield from _chosen(tree)


def _spine(name: str, call: ast.Call, place: int | None) -> str | None:
    if place is None:
        return "ACCESS_DENIED"
    default = "INVALID_RESOURCE" if name == "_error" and call.args else None
    return _text(_argument(call, place)) or default


def _chosen(tree: ast.Module) -> Iterator[FhirCode]:
    """Status and code that are chosen together, as `(403, "FORBIDDEN_UPDATE") if ... else ...`."""
    for choice in ast.walk(tree):
        if isinstance(choice, ast.IfExp):
            for pair in (choice.body, choice.orelse):
                if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                    status, spine = _number(pair.elts[0]), _text(pair.elts[1])
                    if status and spine:
                        issue = "forbidden" if status == 403 else "business-rule"
                        yield FhirCode(spine, issue, status)


def _of_adapter(tree: ast.Module) -> Iterator[Fault]:
    for name in ("Refusal", "Reason"):
        for call in _calls(tree, name):
            code, place = _text(_argument(call, 0)), _text(_argument(call, 1))
            argument = _argument(call, 2)
            if code and place is not None and argument is not None:
                for text in _texts(argument, tree, call):
                    yield Fault(code, place, text)


def _texts(node: ast.expr, tree: ast.Module, call: ast.Call) -> list[str]:
    """The words of an argument: its own, or those that its name was given in the same function
    before the call. Words that come from elsewhere are `…`."""
    if not isinstance(node, ast.Name):
        return [_words(node)]
    given = [
        _words(one.value)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and call in ast.walk(function)
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == node.id for to in one.targets)
        and one.lineno < call.lineno
    ]
    return given or ["…"]


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    return _text(node) or "…"


def _calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            is_it = isinstance(called, ast.Name) and called.id == name
            if is_it or (isinstance(called, ast.Attribute) and called.attr == name):
                yield node


def _status(call: ast.Call) -> int | None:
    return _number(_argument(call, 1))


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    return call.args[place] if place < len(call.args) else None


def _text(node: ast.expr | None) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if isinstance(node, ast.Constant) and is_text else None


def _number(node: ast.expr | None) -> int | None:
    is_number = isinstance(node, ast.Constant) and type(node.value) is int
    return int(str(node.value)) if isinstance(node, ast.Constant) and is_number else None
