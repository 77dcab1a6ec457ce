"""Scores what a registry found against the truth: recall, precision, and why they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from simulation.conclusion import NOTHING, Conclusion
from simulation.conditions import (
    AUTISM,
    LEARNING_DISABILITY,
    POSSIBLE_LEARNING_DISABILITY,
    POSSIBLE_SEVERE_MENTAL_ILLNESS,
    SEVERE_MENTAL_ILLNESS,
)
from simulation.life import Fate, Place
from simulation.truth import CASE, DAYS, LEAD, LEDER_REVIEW, Truth

Items = frozenset[object]


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table: what it counts of a conclusion, and which gaps explain it.

    `is_of_messages` marks what only messages can say, such as that a date is known vaguely: the
    truth is then what they show.
    """

    name: str
    about: str
    items: Callable[[Conclusion], Items]
    is_of_messages: bool = False


def _when(holds: bool) -> Items:
    return frozenset({True}) if holds else frozenset()


def _flag(flag: str) -> Callable[[Conclusion], Items]:
    return lambda c: _when(c.is_case and flag in c.flags)


def _place(place: Place) -> Callable[[Conclusion], Items]:
    return lambda c: _when(c.place is place)


MEASURES = (
    Measure("deaths in scope", CASE, lambda c: _when(c.is_case)),
    Measure("died in hospital", CASE, _place(Place.IN_HOSPITAL)),
    Measure("died within 30 days of discharge", CASE, _place(Place.AFTER_DISCHARGE)),
    Measure("date vague: possibly within 30 days", CASE, _place(Place.POSSIBLY), True),
    Measure("days from each discharge to death", DAYS, lambda c: frozenset[object](c.days)),
    Measure("learning disability", LEARNING_DISABILITY, _flag(LEARNING_DISABILITY)),
    Measure("learning disability, possible", CASE, _flag(POSSIBLE_LEARNING_DISABILITY), True),
    Measure("severe mental illness", SEVERE_MENTAL_ILLNESS, _flag(SEVERE_MENTAL_ILLNESS)),
    Measure("severe mental illness, possible", CASE, _flag(POSSIBLE_SEVERE_MENTAL_ILLNESS), True),
    Measure("autism", AUTISM, _flag(AUTISM)),
    Measure("LeDeR reviews", LEDER_REVIEW, lambda c: _when(c.is_for_leder)),
    Measure("proposed leads", LEAD, lambda c: frozenset[object](c.leads)),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something missed or found wrongly: whose (NHS number), what, and why.

    `is_explained` is False where the messages show it and the registry does not, or it shows what
    they do not.
    """

    measure: str
    nhs_number: str
    kind: str
    item: str
    because: str
    is_explained: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of one measure: true, shown by the messages, found, and how these agree."""

    name: str
    true: int
    evident: int
    found: int
    missed: int
    false: int
    found_of_evident: int

    @property
    def recall(self) -> float | None:
        """The share of what is true that was found."""
        return _share(self.true - self.missed, self.true)

    @property
    def precision(self) -> float | None:
        """The share of what was found that is true."""
        return _share(self.found - self.false, self.found)

    @property
    def of_evidence(self) -> float | None:
        """The share of what the messages show that was found."""
        return _share(self.found_of_evident, self.evident)


@dataclass(frozen=True, slots=True)
class Score:
    """The table, and every difference with its reason."""

    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """The differences that the messages do not account for."""
        return tuple(d for d in self.differences if not d.is_explained)


def score(truths: Iterable[Truth], found: Mapping[str, Conclusion]) -> Score:
    """Takes the truth about everybody, and what was found of whom by NHS number; returns the
    score. Who is not in `found` counts as somebody of whom nothing was found.

    A stillbirth is for perinatal review, which is another process; all that is scored of it is that
    nobody is proposed to lead a case record review.
    """
    everybody = list(truths)
    rows: list[Row] = []
    differences: list[Difference] = []
    for measure in MEASURES:
        compared = [
            _Compared(measure, truth, found.get(truth.nhs_number, NOTHING))
            for truth in everybody
            if truth.fate is not Fate.STILLBORN or measure.about == LEAD
        ]
        rows.append(_row(measure, compared))
        differences += [difference for one in compared for difference in one.differences()]
    return Score(tuple(rows), tuple(differences))


class _Compared:
    """One person in one measure."""

    def __init__(self, measure: Measure, truth: Truth, found: Conclusion) -> None:
        self._measure = measure
        self._truth = truth
        self.shown = measure.items(truth.evident)
        self.true = self.shown if measure.is_of_messages else measure.items(truth.happened)
        self.found = measure.items(found)

    def differences(self) -> Iterator[Difference]:
        for item in sorted(self.true - self.found, key=repr):
            yield self._difference("missed", item, self._why_missed(item), item in self.shown)
        for item in sorted(self.found - self.true, key=repr):
            yield self._difference("false", item, self._why_false(item), item not in self.shown)

    def _difference(self, kind: str, item: object, because: str, is_open: bool) -> Difference:
        return Difference(
            measure=self._measure.name,
            nhs_number=self._truth.nhs_number,
            kind=kind,
            item="" if item is True else _said(item),
            because=because,
            is_explained=not is_open and bool(because),
        )

    def _why_missed(self, item: object) -> str:
        return "the messages show it" if item in self.shown else self._gaps()

    def _why_false(self, item: object) -> str:
        return self._gaps() if item in self.shown else "no message shows it"

    def _gaps(self) -> str:
        """The reasons that touch what is measured; where some touch little else, only those."""
        touching = [gap for gap in self._truth.gaps if self._measure.about in gap.about]
        least = min((len(gap.about) for gap in touching), default=0)
        return "; ".join(gap.sentence for gap in touching if len(gap.about) == least)


def _row(measure: Measure, compared: list[_Compared]) -> Row:
    return Row(
        name=measure.name,
        true=sum(len(one.true) for one in compared),
        evident=sum(len(one.shown) for one in compared),
        found=sum(len(one.found) for one in compared),
        missed=sum(len(one.true - one.found) for one in compared),
        false=sum(len(one.found - one.true) for one in compared),
        found_of_evident=sum(len(one.found & one.shown) for one in compared),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _said(item: object) -> str:
    match item:
        case (str(trust), int(days)):
            return f"{trust}, {days} days"
        case _:
            return str(item)
