"""Who the statements are about: parts a set of linked statements into persons.

A valid NHS number identifies; else local identifiers do, by assigning authority. Identifiers in one
message belong together, and so do those that a merge or a link names, until an unlink says
otherwise: of each pair the newest word counts. An NHS number that the national demographics service
superseded stands for the number that replaced it. Nobody is ever joined on name and birth date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, combinations, product

from nhs import nhs_number
from registry.core.statement import Identifier, Statement


@dataclass(frozen=True, slots=True)
class Person:
    """One person: the identifier that keys them, all their identifiers, what was stated of them.

    `superseded` are NHS numbers they once had: they still find the person.
    """

    key: Identifier
    identifiers: tuple[Identifier, ...]
    statements: tuple[Statement, ...]
    conflicting_numbers: tuple[str, ...] = ()
    superseded: tuple[Identifier, ...] = ()

    @property
    def found_by(self) -> tuple[Identifier, ...]:
        """Every identifier that finds the person."""
        return (*self.identifiers, *self.superseded)


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


def persons(statements: Iterable[Statement], policy: NumberPolicy) -> list[Person]:
    """Takes all statements linked by any identifier, in any order; returns the persons in them.

    The result does not depend on the order or the repetition of the statements.
    """
    ordered = sorted(statements, key=lambda s: s.order)
    records = _Records(ordered, policy)
    grouped: dict[Identifier, list[Statement]] = defaultdict(list)
    for statement in ordered:
        key = records.key(statement)
        if key is not None:
            grouped[key].append(statement)
    return [_person(key, stated, records) for key, stated in sorted(grouped.items())]


def _person(key: Identifier, statements: list[Statement], records: _Records) -> Person:
    own = {i for s in statements for i in s.identifiers if not i.is_nhs_number}
    everything = own | {i for i in records.together(own) if not i.is_nhs_number} | {key}
    held = {number.value for identifier in own for number in records.numbers(identifier)}
    return Person(
        key=key,
        identifiers=tuple(sorted(everything)),
        statements=tuple(statements),
        conflicting_numbers=tuple(sorted(held)) if len(held) > 1 else (),
        superseded=records.superseded_by(key),
    )


class _Records:
    """Local records: which identifiers belong together, and the NHS numbers they were given."""

    def __init__(self, ordered: list[Statement], policy: NumberPolicy) -> None:
        self._policy = policy
        joined = self._newest_words(ordered)
        self._current = _current_numbers(ordered, policy)
        self._root = _roots([pair for pair, is_joined in joined.items() if is_joined])
        self._numbers = self._numbers_by_root(joined)

    def key(self, statement: Statement) -> Identifier | None:
        """The identifier that keys whom the statement is about: the newest NHS number of the
        record, else the record; None where nothing in it identifies anybody."""
        local = [i for i in statement.identifiers if not i.is_nhs_number]
        if not local:
            return self._number(statement.identifiers)
        root = self._find(local[0])
        numbers = self._numbers.get(root)
        return numbers[-1] if numbers else root

    def numbers(self, identifier: Identifier) -> list[Identifier]:
        """The NHS numbers that the record of a local identifier was given, the newest last."""
        return self._numbers.get(self._find(identifier), [])

    def superseded_by(self, number: Identifier) -> tuple[Identifier, ...]:
        """The NHS numbers that this one replaced."""
        return tuple(sorted(old for old, new in self._current.items() if new == number))

    def together(self, identifiers: set[Identifier]) -> set[Identifier]:
        """All local identifiers of the records that these belong to."""
        roots = {self._find(i) for i in identifiers}
        return {i for i, root in self._root.items() if root in roots}

    def _newest_words(self, ordered: list[Statement]) -> dict[tuple[Identifier, Identifier], bool]:
        """For each pair of identifiers whether they belong together, by the newest statement; the
        pairs in the order in which that was said."""
        words: dict[tuple[Identifier, Identifier], bool] = {}
        for statement in ordered:
            own = self._usable(statement.identifiers)
            others = self._usable((*statement.prior, *statement.linked))
            joined = chain(combinations(own, 2), product(own, others), combinations(others, 2))
            said = [(pair, True) for pair in joined]
            said += [(pair, False) for pair in product(own, self._usable(statement.unlinked))]
            for pair, is_joined in said:
                ordered_pair = (min(pair), max(pair))
                words.pop(ordered_pair, None)
                words[ordered_pair] = is_joined
        return words

    def _usable(self, identifiers: Iterable[Identifier]) -> list[Identifier]:
        return [i for i in identifiers if not i.is_nhs_number or self._policy.identifies(i)]

    def _number(self, identifiers: Iterable[Identifier]) -> Identifier | None:
        number = next((i for i in identifiers if self._policy.identifies(i)), None)
        return self._current.get(number, number) if number else None

    def _find(self, identifier: Identifier) -> Identifier:
        return self._root.get(identifier, identifier)

    def _numbers_by_root(
        self, words: dict[tuple[Identifier, Identifier], bool]
    ) -> dict[Identifier, list[Identifier]]:
        numbers: dict[Identifier, list[Identifier]] = defaultdict(list)
        for (one, other), is_joined in words.items():
            number, local = (one, other) if one.is_nhs_number else (other, one)
            if is_joined and number.is_nhs_number and not local.is_nhs_number:
                numbers[self._find(local)].append(self._current.get(number, number))
        return numbers


def _current_numbers(
    ordered: list[Statement], policy: NumberPolicy
) -> dict[Identifier, Identifier]:
    """Takes statements, oldest first; returns for each superseded NHS number the current one.

    The newest word on a number counts; a number that is named current again is superseded no more.
    """
    replaced: dict[Identifier, Identifier] = {}
    for statement in ordered:
        if not statement.superseded:
            continue
        new = next((i for i in statement.identifiers if policy.identifies(i)), None)
        if new is None:
            continue
        replaced.pop(new, None)
        for old in statement.superseded:
            if old != new and policy.identifies(old):
                replaced[old] = new
    return {old: _last(replaced, old) for old in replaced}


def _last(replaced: dict[Identifier, Identifier], number: Identifier) -> Identifier:
    seen = {number}
    while number in replaced and replaced[number] not in seen:
        number = replaced[number]
        seen.add(number)
    return number


def _roots(
    pairs: list[tuple[Identifier, Identifier]],
) -> dict[Identifier, Identifier]:
    """Takes pairs that belong together; returns for each local identifier the least of its record.

    NHS numbers key persons and join no records: two records with one number are one person anyway.
    """
    root: dict[Identifier, Identifier] = {}

    def find(identifier: Identifier) -> Identifier:
        while root.setdefault(identifier, identifier) != identifier:
            identifier = root[identifier]
        return identifier

    for one, other in pairs:
        if not one.is_nhs_number and not other.is_nhs_number:
            least, greatest = sorted((find(one), find(other)))
            root[greatest] = least
    return {identifier: find(identifier) for identifier in list(root)}
