"""Figures are never compared between organisations: no function takes two organisations."""

from __future__ import annotations

import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import ModuleType

import pytest

from registry import returns
from registry.directory.organisation import Organisation
from registry.returns.history import Deaths
from registry.returns.periods import Quarter
from registry.returns.public import public_return
from registry.returns.quarterly import quarterly_return
from registry.returns.written import Form, written
from registry.store import deaths_for_returns, learning_actions, publications
from registry.store import returns as returns_of_store
from registry.store.learning_actions import By
from registry.store.publications import Publication
from tests.registry.returns.made import OTHER_TRUST, TRUST, moment

Q1 = Quarter.parse("2026-27-Q1")
NOW = moment("2027-01-01")

# Take a return and what was published before, and refuse them where they are not of one
# organisation: test_quarterly.py, test_public.py, and below.
PUBLISHED_AND_CURRENT = {"updates", "changes", "report", "public_return"}
# Beside their return they take what was published and charts, and refuse another's: test_documents,
# and below.
RETURN_AND_ITS_CHARTS = {"quarterly_page", "written"}


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


def test_what_takes_what_was_published_before_refuses_anothers() -> None:
    now = quarterly_return(Deaths(TRUST, ()), Q1, NOW)
    other = quarterly_return(Deaths(OTHER_TRUST, ()), Q1, NOW)
    later = quarterly_return(Deaths(TRUST, ()), Q1.following, NOW)
    for wrong in (other, later):
        for form in Form:
            with pytest.raises(ValueError, match="same organisation"):
                written(now, wrong, form, "/return.css")
        with pytest.raises(ValueError, match="same organisation"):
            public_return(now, earlier=[wrong])


def organisation_words(one: Callable[..., object]) -> list[str]:
    """The parameters of a function that name an organisation."""
    hints = typing.get_type_hints(one)
    hints.pop("return", None)
    named = {"organisation", "reporter", "ods", "of"}
    return [
        name
        for name, hint in hints.items()
        if name in named or hint in (Organisation, By, Deaths, Publication)
    ]


@pytest.mark.parametrize(
    "module", [returns_of_store, publications, learning_actions, deaths_for_returns]
)
def test_no_function_of_the_store_reads_two_organisations(module: ModuleType) -> None:
    """What the API, the commands and the console call: each names one organisation, by a parameter
    that holds one."""
    for name, one in vars(module).items():
        if not inspect.iscoroutinefunction(one) or one.__module__ != module.__name__:
            continue
        if name.startswith("_") or name == "follow":
            continue
        hints = typing.get_type_hints(one)
        words = organisation_words(one)
        assert words, name
        assert len(words) == 1, name
        assert all(hints[word] in (str, Organisation, By, Publication) for word in words), name
        assert not {"organisations", "reporters"} & set(hints), name
