"""What a message says about death, as the decision tables of mappings/death.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from mappings.decision import Decision, parse_decision
from mappings.rows import FieldPlace, parse_place
from yaml_source import Source, open_source

METHOD_TABLES = ("nhs-discharge-method", "ae-disposal")
STAYS = ("admitted", "emergency", "other", "unknown")
WORDS, OTHER = "words", "other"
_DISCHARGE_FACTS = {
    "codes": METHOD_TABLES,
    "method": (WORDS, OTHER, "…"),
    "destination": (WORDS, OTHER, "…"),
    "stay": STAYS,
}


class Indicator(Enum):
    """What PID-30 says."""

    SILENT = "silent"
    YES = "yes"
    NO = "no"  # also where it is deleted


class Date(Enum):
    """What PID-29 says, whatever the date is."""

    SILENT = "silent"
    GIVEN = "given"
    DELETED = "deleted"
    RESURRECTED = "resurrected"


class Verdict(Enum):
    """What a discharge says about death."""

    NOTHING = "nothing"
    DIED = "died"
    SUSPECTED = "suspected"


class Certificate(Enum):
    """What PDA says."""

    SILENT = "silent"
    MENTIONED = "mentioned"
    CERTIFIED = "certified"


class Statement(Enum):
    """What a message says about a person's death."""

    NOTHING = "nothing"
    SUSPECTED = "suspected"
    DIED = "died"
    TAKEN_BACK = "taken-back"
    CONFLICT = "conflict"


_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_STATEMENTS = {statement.value: statement for statement in Statement}


@dataclass(frozen=True, slots=True)
class DeathRules:
    """The tables of mappings/death.yaml, each with every case decided."""

    words: re.Pattern[str]
    stays: dict[str, str]
    admission_events: frozenset[str]
    discharge: Decision
    certified: tuple[FieldPlace, ...]
    mentioned: tuple[FieldPlace, ...]
    statement: Decision

    def stay(self, encounter_class: str, event: str) -> str:
        """Takes the class of an Encounter and the trigger event; returns the kind of stay."""
        named = self.stays.get(encounter_class)
        return named or ("admitted" if event in self.admission_events else "unknown")

    def verdict(self, codes: str, method: str, destination: str, stay: str) -> Verdict:
        """Takes the table of the method, what is written, and the kind of stay."""
        named = self.discharge.values
        case = self._kind(method, named["method"]), self._kind(destination, named["destination"])
        return _VERDICTS[self.discharge.decide(codes, *case, stay)]

    def decide(
        self, indicator: Indicator, date: Date, discharge: Verdict, certificate: Certificate
    ) -> Statement:
        """Takes the evidence; returns what it adds up to."""
        case = (indicator.value, date.value, discharge.value, certificate.value)
        return _STATEMENTS[self.statement.decide(*case)]

    def _kind(self, written: str, named: frozenset[str]) -> str:
        if not written:
            return OTHER
        if written in named and written not in (WORDS, OTHER):
            return written
        return WORDS if self.words.search(written) else OTHER


def load_death(path: Path) -> DeathRules:
    """Takes the file of the tables; SourceError for a mistake."""
    source = open_source(path)
    source.only("words", "stays", "admission-events", "discharge", "certificate", "statement")
    statement_facts = {
        "PID-30": _named(Indicator),
        "PID-29": _named(Date),
        "discharge": _named(Verdict),
        "PDA": _named(Certificate),
    }
    certificate = source.need("certificate")
    certificate.only("certified", "mentioned")
    return DeathRules(
        words=_words(source.need("words")),
        stays=_stays(source.need("stays")),
        admission_events=frozenset(e.text() for e in source.need("admission-events").rows()),
        discharge=parse_decision(source.need("discharge"), _DISCHARGE_FACTS, _named(Verdict)),
        certified=_fields(certificate.need("certified")),
        mentioned=_fields(certificate.need("mentioned")),
        statement=parse_decision(source.need("statement"), statement_facts, _named(Statement)),
    )


def _named(kind: type[Enum]) -> tuple[str, ...]:
    return tuple(str(member.value) for member in kind)


def _words(source: Source) -> re.Pattern[str]:
    words = [row.text() for row in source.rows()]
    if not all(words):
        raise source.error("expected words, such as [dead, died]")
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)


def _stays(source: Source) -> dict[str, str]:
    return {
        row.text(): stay for stay, listed in source.only(*STAYS).items() for row in listed.rows()
    }


def _fields(source: Source) -> tuple[FieldPlace, ...]:
    places = [(row, parse_place(row, row.text())) for row in source.rows()]
    for row, place in places:
        if place.segment != "PDA":
            raise row.error("expected a field of PDA")
    return tuple(place for _, place in places)
