"""A search as asked: every parameter known, its conditions made, its page and its form read.

Unknown parameters are refused: a filter that is silently ignored would disclose. A client that
prefers `handling=lenient` is told which were left aside instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from registry.api.outcomes import FhirError, bad_parameter
from registry.api.search import criteria, includes, values
from registry.api.search.definitions import PARAMETERS
from registry.api.search.includes import Include
from registry.api.search.parameter import Parameter
from registry.api.search.sorting import order_by
from registry.api.seeing import Part, part_of, sees
from registry.store.conditions import Condition
from registry.store.search import BY_CHANGE, BY_ID, SortKey, Wanted

PAGE = 50
LARGEST_PAGE = 1000
MAX_PARAMETERS = 50
CHANGED = "_lastUpdated"
_NAME = re.compile(r"([A-Za-z_-]+)([.:].*)?")

# name -> what it does; each is a method of Query below
RESULT_PARAMETERS = {
    "_count": "How many resources a page holds, at most 1000.",
    "_elements": "Names of elements: leave all others out.",
    "_include": "Bring along what is referred to.",
    "_revinclude": "Bring along what refers to it.",
    "_sort": "Names of parameters, with - before those that run downwards.",
    "_summary": "true, data, count or false.",
    "_total": "none or accurate.",
    "_totalMethod": "The same, as fhirpy's count() asks for it: none or count.",
}


@dataclass
class Query:
    """A search as asked by somebody of a role; `used` are the parameters that had effect,
    `ignored` those left aside; `looks_at` are other types whose content decides what is found.
    `is_by_change` is True where it asks, or sorts, by when something last changed: as who polls
    does."""

    resource_type: str
    role: str
    base: str
    is_lenient: bool = False
    conditions: list[Condition] = field(default_factory=list[Condition])
    includes: list[Include] = field(default_factory=list[Include])
    reverse_includes: list[Include] = field(default_factory=list[Include])
    order: tuple[SortKey, ...] = (BY_CHANGE, BY_ID)
    count: int = PAGE
    is_counted: bool = False
    is_count_only: bool = False
    is_personal: bool = False
    is_by_change: bool = False
    looks_at: set[str] = field(default_factory=set[str])
    part: Part | None = None
    used: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ignored: list[str] = field(default_factory=list[str])

    @property
    def wanted(self) -> Wanted:
        """What the store is asked."""
        return Wanted(self.resource_type, tuple(self.conditions), self.order)

    def read(self, asked: tuple[tuple[str, str], ...]) -> None:
        """Takes parameters as asked; reads all of them. FhirError 400 or 403 for the first that
        cannot be."""
        if len(asked) > MAX_PARAMETERS:
            raise bad_parameter(f"A search has at most {MAX_PARAMETERS} parameters.")
        for name, value in asked:
            try:
                self._take(name, value)
            except FhirError as error:
                # Leniency is for what a server does not know; what a role does not see stays shut.
                if not self.is_lenient or error.status != 400:
                    raise
                self.ignored.append(_shown(name))
            else:
                self.used.append((name, value))

    def _take(self, name: str, value: str) -> None:
        if name in RESULT_PARAMETERS:
            self._readers[name](value)
            return
        match = _NAME.fullmatch(name)
        parameter = PARAMETERS[self.resource_type].get(match[1]) if match else None
        if match is None or parameter is None:
            raise _unknown(self.resource_type, name)
        suffix = match[2] or ""
        self._refuse_unseen(parameter)
        self.conditions.append(criteria.condition(parameter, suffix, value, self.base))
        if other := parameter.looks_at(suffix):
            self.looks_at.add(other)
        if parameter.name == CHANGED:
            self.is_by_change = True
        if parameter.names_a_person(suffix):
            self.is_personal = True

    @property
    def _readers(self) -> dict[str, Callable[[str], None]]:
        return {
            "_count": self._read_count,
            "_elements": self._read_elements,
            "_include": self._read_include,
            "_revinclude": self._read_reverse_include,
            "_sort": self._read_sort,
            "_summary": self._read_summary,
            "_total": self._read_total,
            "_totalMethod": self._read_total,
        }

    def _refuse_unseen(self, parameter: Parameter) -> None:
        """To search by what one does not see would show it."""
        for element in parameter.elements:
            if not sees(self.role, self.resource_type, element):
                raise FhirError(
                    403,
                    "forbidden",
                    "ACCESS_DENIED",
                    f"Your role does not see {self.resource_type}.{element} and so cannot search "
                    f"by {parameter.name}.",
                )

    def _read_count(self, value: str) -> None:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise bad_parameter("_count is a whole number, 0 or more.")
        self.count = min(int(value), LARGEST_PAGE)
        self.is_count_only = self.is_count_only or self.count == 0

    def _read_elements(self, value: str) -> None:
        self.part = part_of(self.resource_type, elements=values.either(value))

    def _read_summary(self, value: str) -> None:
        if value == "count":
            self.is_count_only = True
        elif value in ("true", "data"):
            self.part = part_of(self.resource_type, summary=value)
        elif value != "false":
            raise bad_parameter("_summary is true, data, count or false.")

    def _read_total(self, value: str) -> None:
        if value not in ("none", "accurate", "estimate", "count"):
            raise bad_parameter("_total is none or accurate; an estimate is given accurately.")
        self.is_counted = value != "none"

    def _read_sort(self, value: str) -> None:
        names = values.either(value)
        for name in names:
            parameter = PARAMETERS[self.resource_type].get(name.removeprefix("-"))
            if parameter is not None:
                self._refuse_unseen(parameter)
        if CHANGED in (name.removeprefix("-") for name in names):
            self.is_by_change = True
        self.order = order_by(self.resource_type, names)

    def _read_include(self, value: str) -> None:
        found = includes.include(self.resource_type, "_include", value)
        self._refuse_unseen(PARAMETERS[found.source][found.parameter])
        self.includes.append(found)

    def _read_reverse_include(self, value: str) -> None:
        found = includes.include(self.resource_type, "_revinclude", value)
        # Of a type the role sees nothing of, nothing is brought along.
        if sees(self.role, found.source, found.path.partition(".")[0]):
            self.reverse_includes.append(found)


def _unknown(resource_type: str, name: str) -> FhirError:
    known = ", ".join(sorted([*PARAMETERS[resource_type], *RESULT_PARAMETERS]))
    return bad_parameter(
        f"{resource_type} has no search parameter {_shown(name)}; it has: {known}."
    )


def _shown(name: str) -> str:
    """A parameter's name as it may be repeated: somebody may send a value in its place."""
    return repr(name[:40]) if _NAME.fullmatch(name) and len(name) <= 64 else "of that name"
