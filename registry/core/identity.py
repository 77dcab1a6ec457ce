"""Who the statements are about: parts a set of linked statements into persons.

A valid NHS number identifies; else local identifiers do, by assigning authority. Identifiers in one
message belong to one local record; a merge folds a prior record into the surviving one. Nobody is
ever joined on name and birth date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from nhs import nhs_number
from registry.core.statement import Identifier, Statement


@dataclass(frozen=True, slots=True)
class Person:
    """One person: the identifier that keys them, all their identifiers, what was stated of them."""

    key: Identifier
    identifiers: tuple[Identifier, ...]
    statements: tuple[Statement, ...]
    conflicting_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberPolicy:
    """Which NHS numbers identify somebody here: the test range only outside production."""

    allow_test_numbers: bool = False

    def identifies(self, identifier: Identifier) -> bool:
        """True if the identifier is an NHS number that can key a person."""
        value = identifier.value
        return (
            identifier.is_nhs_number
            and nhs_number.is_valid(value)
            and (self.allow_test_numbers or not nhs_number.is_test(value))
        )


class _LocalRecords:
    """Local identifiers that belong together (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[Identifier, Identifier] = {}

    def root(self, identifier: Identifier) -> Identifier:
        self._parent.setdefault(identifier, identifier)
        while self._parent[identifier] != identifier:
            self._parent[identifier] = self._parent[self._parent[identifier]]
            identifier = self._parent[identifier]
        return identifier

    def join(self, identifiers: Iterable[Identifier]) -> None:
        roots = sorted({self.root(i) for i in identifiers})
        for other in roots[1:]:
            self._parent[other] = roots[0]


def persons(statements: Iterable[Statement], policy: NumberPolicy) -> list[Person]:
    """Takes all statements linked by any identifier, in any order; returns the persons in them.

    The result does not depend on the order or the repetition of the statements.
    """
    ordered = sorted(statements, key=lambda s: s.order)
    records = _local_records(ordered, policy)
    numbers = _numbers_by_record(ordered, records, policy)
    grouped: dict[Identifier, list[Statement]] = defaultdict(list)
    for statement in ordered:
        key = _key(statement, records, numbers, policy)
        if key is not None:
            grouped[key].append(statement)
    return [_person(key, stated, numbers, records) for key, stated in sorted(grouped.items())]


def _local(statement: Statement, policy: NumberPolicy) -> list[Identifier]:
    both = (*statement.identifiers, *statement.prior)
    return [i for i in both if not policy.identifies(i) and not i.is_nhs_number]


def _number(statement: Statement, policy: NumberPolicy) -> Identifier | None:
    return next((i for i in statement.identifiers if policy.identifies(i)), None)


def _local_records(statements: list[Statement], policy: NumberPolicy) -> _LocalRecords:
    records = _LocalRecords()
    for statement in statements:
        records.join(_local(statement, policy))
    return records


def _numbers_by_record(
    statements: list[Statement], records: _LocalRecords, policy: NumberPolicy
) -> dict[Identifier, list[Identifier]]:
    """For each local record the NHS numbers stated for it, oldest first: the newest is its own."""
    numbers: dict[Identifier, list[Identifier]] = defaultdict(list)
    for statement in statements:
        number = _number(statement, policy)
        for root in {records.root(i) for i in _local(statement, policy)}:
            if number is not None:
                numbers[root].append(number)
    return numbers


def _key(
    statement: Statement,
    records: _LocalRecords,
    numbers: dict[Identifier, list[Identifier]],
    policy: NumberPolicy,
) -> Identifier | None:
    local = _local(statement, policy)
    if not local:
        return _number(statement, policy)
    root = records.root(local[0])
    return numbers[root][-1] if numbers.get(root) else root


def _person(
    key: Identifier,
    statements: list[Statement],
    numbers: dict[Identifier, list[Identifier]],
    records: _LocalRecords,
) -> Person:
    stated = {i for s in statements for i in (*s.identifiers, *s.prior)}
    roots = {records.root(i) for i in stated if not i.is_nhs_number}
    held = {n.value for root in roots for n in numbers.get(root, [])}
    own = {i for i in stated if not i.is_nhs_number} | {key}
    return Person(
        key=key,
        identifiers=tuple(sorted(own)),
        statements=tuple(statements),
        conflicting_numbers=tuple(sorted(held)) if len(held) > 1 else (),
    )
