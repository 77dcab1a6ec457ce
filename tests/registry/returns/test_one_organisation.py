"""Figures are never compared between organisations: no function takes two organisations."""

from __future__ import annotations

import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import ModuleType

from registry import returns
from registry.directory.organisation import Organisation

# Takes two returns, and refuses them where they are not of one organisation: test_quarterly.py.
PUBLISHED_AND_CURRENT = {"updates"}
# Beside its return it takes what was published and charts, and refuses another's: test_documents.
RETURN_AND_ITS_CHARTS = {"quarterly_page"}


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(returns.__path__, f"{returns.__name__}.")
    return [import_module(module.name) for module in found]


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for module in modules():
        for name, one in vars(module).items():
            is_own = inspect.isfunction(one) and one.__module__ == module.__name__
            if is_own and not name.startswith("_"):
                yield name, one


def organisations(annotation: object) -> int:
    """How many organisations a value of a type may hold: 2 stands for many."""
    if annotation is Organisation:
        return 1
    held = [organisations(one) for one in typing.get_args(annotation)]
    if held:
        origin = typing.get_origin(annotation)
        is_choice = origin is typing.Union or "UnionType" in str(origin)
        return max(held) if is_choice else min(2, 2 * max(held))
    if isinstance(annotation, type) and is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        return min(2, sum(organisations(hints[field.name]) for field in fields(annotation)))
    return 0


def test_what_holds_an_organisation_holds_one() -> None:
    found = {
        name: organisations(one)
        for module in modules()
        for name, one in vars(module).items()
        if isinstance(one, type) and is_dataclass(one)
    }
    assert found["Deaths"] == found["QuarterlyReturn"] == found["Series"] == 1
    assert max(found.values()) == 1


def test_no_function_takes_two_organisations() -> None:
    found = dict(functions())
    assert len(found) > 20
    for name, one in found.items():
        hints = typing.get_type_hints(one)
        hints.pop("return", None)
        if name not in PUBLISHED_AND_CURRENT | RETURN_AND_ITS_CHARTS:
            assert sum(organisations(hint) for hint in hints.values()) <= 1, name
    for name in PUBLISHED_AND_CURRENT | RETURN_AND_ITS_CHARTS:
        hints = typing.get_type_hints(found[name])
        hints.pop("return")
        assert sum(organisations(hint) for hint in hints.values()) >= 2, name
