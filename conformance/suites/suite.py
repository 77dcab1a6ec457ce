"""What a suite is, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from conformance.suites.product import Product


class Skipped(Exception):
    """The suite cannot run here; says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a suite: its name, why it failed (None: it passed), why it was left out."""

    name: str
    failed: str | None = None
    skipped: str | None = None


class Run(Protocol):
    """Runs a suite against the product; Skipped where it cannot run here."""

    def __call__(self, product: Product, /) -> list[Case]: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """Somebody else's client or suite: its name, where its version is found, what runs it."""

    name: str
    version: Callable[[], str]
    run: Run


@dataclass(frozen=True, slots=True)
class Result:
    """What a suite found; `skipped` says why it did not run at all."""

    suite: str
    version: str
    cases: tuple[Case, ...] = ()
    skipped: str | None = None

    @property
    def failed(self) -> list[Case]:
        """The cases that failed."""
        return [case for case in self.cases if case.failed is not None]

    @property
    def left_out(self) -> list[Case]:
        """The cases that were left out."""
        return [case for case in self.cases if case.skipped is not None]


def result_of(suite: Suite, product: Product) -> Result:
    """Takes a suite and the running product; returns what it found."""
    try:
        cases = suite.run(product)
    except Skipped as reason:
        return Result(suite.name, suite.version(), skipped=str(reason))
    return Result(suite.name, suite.version(), tuple(cases))
