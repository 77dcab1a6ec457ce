"""What still counts of statements that need not be held in full.

Of a group of statements with the same identifiers the newest word on each thing counts, whatever
else is told of anybody: so the older words may go, and nothing that follows changes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import replace

from registry.core.flags import from_specialty
from registry.core.statement import Demographics, EvidenceStated, Statement

Word = tuple[Hashable, ...]
_IDENTITY: Word = ("identity",)
_PRACTICE: Word = ("practice",)
_DESCRIBING = ("family", "given", "gender", "birth_date")


class Reduction:
    """The words of some statements that still count, each in the statement that said it last."""

    def __init__(self, statements: Iterable[Statement], specialties: Collection[Statement]) -> None:
        """Takes a cluster's statements, oldest first; and of the stays that need not be held the
        statements whose specialty may be evidence for a flag."""
        self._specialties = specialties
        self._newest: dict[tuple[Hashable, ...], Statement] = {}
        for statement in statements:
            for word in self._words(statement):
                self._newest[statement.identifiers, word] = statement

    def says_who(self, statement: Statement) -> bool:
        """True when the statement is needed to tell which identifiers are one person's."""
        if _joins_others(statement):
            return True
        return len(statement.identifiers) > 1 and self._counts(statement, _IDENTITY)

    def evidence(self, statement: Statement) -> tuple[EvidenceStated, ...]:
        """Takes a statement; returns its evidence for flags that counts."""
        return tuple(
            stated
            for stated in self._evidence(statement)
            if self._counts(statement, _evidence_word(statement, stated))
        )

    def describes(self, statement: Statement) -> bool:
        """True when the statement has the newest word on who the person is, or where they are
        registered."""
        return self._practice(statement) is not None or (
            self._demographics(statement) != Demographics()
        )

    def reduced(
        self, statement: Statement, *, with_evidence: bool, with_description: bool
    ) -> Statement:
        """Takes a statement and what is still wanted of it; returns it without all else."""
        return replace(
            statement,
            stay=None,
            death=None,
            issues=(),
            evidence=self.evidence(statement) if with_evidence else (),
            demographics=self._demographics(statement) if with_description else Demographics(),
            practice=self._practice(statement) if with_description else None,
        )

    def _counts(self, statement: Statement, word: Word) -> bool:
        return self._newest.get((statement.identifiers, word)) is statement

    def _words(self, statement: Statement) -> Iterator[Word]:
        yield _IDENTITY
        for name in _DESCRIBING:
            if getattr(statement.demographics, name):
                yield ("demographics", name)
        if statement.practice:
            yield _PRACTICE
        for stated in self._evidence(statement):
            yield _evidence_word(statement, stated)

    def _evidence(self, statement: Statement) -> Iterator[EvidenceStated]:
        yield from statement.evidence
        if statement.stay is not None and statement in self._specialties:
            found = from_specialty(statement.stay)
            if found is not None:
                yield found

    def _demographics(self, statement: Statement) -> Demographics:
        said = statement.demographics

        def counts(name: str) -> bool:
            return self._counts(statement, ("demographics", name))

        return Demographics(
            family=said.family if counts("family") else None,
            given=said.given if counts("given") else (),
            gender=said.gender if counts("gender") else None,
            birth_date=said.birth_date if counts("birth_date") else None,
        )

    def _practice(self, statement: Statement) -> str | None:
        return statement.practice if self._counts(statement, _PRACTICE) else None


def _joins_others(statement: Statement) -> bool:
    return bool(statement.prior or statement.linked or statement.unlinked or statement.superseded)


def _evidence_word(statement: Statement, stated: EvidenceStated) -> Word:
    return ("evidence", statement.source, stated.flag, stated.system, stated.code)
