"""What one message says about one person: the unit of fact that the registry keeps.

A statement holds only what the message stated. What it left out stays None, so that a later fold
can tell "unchanged" from "deleted".
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import total_ordering
from typing import NamedTuple

from pydantic import TypeAdapter

from nhs import addresses

_DIGITS = re.compile(r"\d+")
_NEVER = datetime.min.replace(tzinfo=UTC)

# NHS Data Dictionary, METHOD OF DISCHARGE.
METHOD_STILLBIRTH = "5"


class Identifier(NamedTuple):
    """An identifier system and a value in it."""

    system: str
    value: str

    @property
    def is_nhs_number(self) -> bool:
        """True when the system is that of NHS numbers."""
        return self.system == addresses.NHS_NUMBER


class Verdict(StrEnum):
    """What one message says of the death."""

    DIED = "died"
    RETRACTED = "retracted"
    CONFLICTING = "conflicting"


class NationalStatus(StrEnum):
    """How formally the national demographics service holds a death (UK Core
    DeathNotificationStatus)."""

    INFORMAL = "1"
    FORMAL = "2"
    REMOVED = "U"


@dataclass(frozen=True, slots=True)
class DeathStated:
    """A message's words on the death; `at` is FHIR date or dateTime text, as precise as stated.

    `status` is set only in a national notification: a trust's own word has none.
    """

    verdict: Verdict
    at: str | None = None
    status: NationalStatus | None = None


@dataclass(frozen=True, slots=True)
class StayStated:
    """A message's words on one stay; codes are NHS Data Dictionary national codes.

    `specialty` is the main specialty or treatment function, as the sender codes it.
    """

    number: str
    status: str
    encounter_class: str
    admitted: str | None = None
    discharged: str | None = None
    discharge_deleted: bool = False
    admission_method: str | None = None
    discharge_method: str | None = None
    discharge_destination: str | None = None
    specialty: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceStated:
    """A message's evidence for a flag, or its withdrawal of that evidence."""

    flag: str
    system: str
    code: str
    code_list: str | None = None
    display: str | None = None
    recorded: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Demographics:
    """Who the message says the person is."""

    family: str | None = None
    given: tuple[str, ...] = ()
    gender: str | None = None
    birth_date: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything one message says about one person.

    `source` is the ODS code of the sender; `recorded` the event's own time (EVN-2, else MSH-7),
    None where the message gave none. `prior` holds the identifiers that a merge (A40) folds into
    `identifiers`, `linked` those that a link (A24) says are the same person's, `unlinked` those
    that an unlink (A37) says are not. `superseded` holds NHS numbers that the national demographics
    service has replaced by the one in `identifiers`; one that is in both is current again.
    """

    source: str
    control_id: str
    trigger: str
    message_hash: str
    recorded: datetime | None
    identifiers: tuple[Identifier, ...]
    prior: tuple[Identifier, ...] = ()
    linked: tuple[Identifier, ...] = ()
    unlinked: tuple[Identifier, ...] = ()
    superseded: tuple[Identifier, ...] = ()
    demographics: Demographics = Demographics()
    practice: str | None = None
    stay: StayStated | None = None
    death: DeathStated | None = None
    evidence: tuple[EvidenceStated, ...] = ()
    issues: tuple[str, ...] = ()

    @property
    def says_died(self) -> bool:
        """True when the message says that the person died."""
        return self.death is not None and self.death.verdict is Verdict.DIED

    @property
    def touches_death(self) -> bool:
        """True when the message may make, or contradict, a death: there is something to show."""
        if self.says_died or self.says_stillborn:
            return True
        if "death-suspected" in self.issues:
            return True
        return self.death is not None and self.death.verdict is Verdict.CONFLICTING

    @property
    def says_stillborn(self) -> bool:
        """True when the discharge method says that the baby was stillborn."""
        return self.stay is not None and self.stay.discharge_method == METHOD_STILLBIRTH

    @property
    def named(self) -> tuple[Identifier, ...]:
        """Every identifier the message names: whoever they are, they are looked at together."""
        return (*self.identifiers, *self.prior, *self.linked, *self.unlinked, *self.superseded)

    @property
    def order(self) -> tuple[datetime, str, _ByContent]:
        """Newest last: by the event's own time, then control id, then content."""
        return (self.recorded or _NEVER, control_order(self.control_id), _ByContent(self))

    @property
    def content_hash(self) -> str:
        """The same for every repetition of one statement, whatever its control id."""
        bare = replace(self, control_id="", message_hash="")
        return hashlib.sha256(to_json(bare)).hexdigest()


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class _ByContent:
    """Orders statements by content; hashes them only when all before it is equal."""

    statement: Statement

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and self._hash == other._hash

    def __lt__(self, other: _ByContent) -> bool:
        return self._hash < other._hash

    def __hash__(self) -> int:
        return hash(self._hash)

    @property
    def _hash(self) -> str:
        return self.statement.content_hash


def control_order(control_id: str) -> str:
    """Takes a message control id; returns text that sorts as people count: `9` before `10`."""
    return _DIGITS.sub(lambda digits: digits.group().zfill(20), control_id)


def to_json(statement: Statement) -> bytes:
    """Takes a statement; returns its canonical JSON.

    What was not stated is left out, so a field added later changes no statement kept before.
    """
    return _STATEMENT.dump_json(statement, exclude_defaults=True)


def from_json(content: str | bytes) -> Statement:
    """Takes what `to_json` returned; returns the statement."""
    return _STATEMENT.validate_json(content)


_STATEMENT = TypeAdapter(Statement)
