"""What a reading adds to what is held: one statement of the nation's, or nothing.

A reading says how things stand. It becomes a fact only where it differs from the nation's newest
word, so that reading somebody daily adds nothing, and a person who is alive leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from nhs import addresses
from registry.core.statement import (
    DeathStated,
    EvidenceStated,
    Identifier,
    NationalStatus,
    Statement,
    Verdict,
)
from registry.national.demographics import Demographics

# NHS England, as the Organisation Data Service names it: whose word a national reading is.
NATION = "X26"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was read, and why: the NHS number asked for, the type and id of the event (or of our own
    asking), when the read began by the database's clock, and the hash of the answer."""

    number: str
    event_type: str
    event_id: str
    at: datetime
    answer_hash: str


def of_demographics(
    said: Demographics, asked: Asked, held: Iterable[Statement]
) -> Statement | None:
    """Takes what the demographics service says, what was asked, and all statements held of the
    person; returns the statement to keep, None where it says nothing new.

    A death that is no longer there, or whose record was made invalid, is taken back where the
    nation claimed it before. A number that the nation replaced before, and now answers to by
    itself, is current again: whoever was held under the other stays what they are.
    """
    current, old = _identifier(said.number), _identifier(asked.number)
    national = _newest_first(held)
    # A number that is current again says so by superseding itself.
    now = None if current == old else current
    is_new = not said.is_invalidated and now != _replaced_by(old, national)
    superseded = (old,) if is_new else ()
    # The nation's words on somebody who has had two numbers are its words on one person.
    before = next(
        (s.death for s in national if s.death and ({current, old} & set(s.identifiers))), None
    )
    death = _new_word(said.death, before)
    if death is None and not superseded:
        return None
    return replace(_statement(asked, current), superseded=superseded, death=death)


def of_adjustments(
    said: tuple[EvidenceStated, ...], asked: Asked, held: Iterable[Statement]
) -> Statement | None:
    """Takes the evidence that stands now, what was asked, and all statements held of the person;
    returns the statement that brings the nation's evidence up to date, None where it is."""
    standing: dict[tuple[str, str, str], EvidenceStated] = {}
    for statement in reversed(_newest_first(held)):
        for one in statement.evidence:
            standing[_key(one)] = one
    standing = {key: one for key, one in standing.items() if not one.withdrawn}
    now = {_key(one): one for one in said}
    new = [one for key, one in now.items() if key not in standing]
    gone = [replace(one, withdrawn=True) for key, one in standing.items() if key not in now]
    if not new and not gone:
        return None
    evidence = tuple(sorted((*new, *gone), key=_key))
    return replace(_statement(asked, _identifier(asked.number)), evidence=evidence)


def _key(one: EvidenceStated) -> tuple[str, str, str]:
    return one.flag, one.system, one.code


def _newest_first(held: Iterable[Statement]) -> list[Statement]:
    national = [statement for statement in held if statement.source == NATION]
    return sorted(national, key=lambda statement: statement.order, reverse=True)


def _replaced_by(number: Identifier, newest_first: Iterable[Statement]) -> Identifier | None:
    """What stands for this number by the nation's newest word on it; None: it is current."""
    for statement in newest_first:
        if statement.superseded and number in statement.identifiers:
            return None
        if number in statement.superseded:
            return next(iter(statement.identifiers), None)
    return None


def _new_word(now: DeathStated | None, before: DeathStated | None) -> DeathStated | None:
    if now is not None:
        return None if now == before else now
    if before is None or before.verdict is not Verdict.DIED:
        return None
    return DeathStated(Verdict.RETRACTED, None, NationalStatus.REMOVED)


def _identifier(number: str) -> Identifier:
    return Identifier(addresses.NHS_NUMBER, number)


def _statement(asked: Asked, person: Identifier) -> Statement:
    return Statement(
        source=NATION,
        control_id=asked.event_id,
        trigger=asked.event_type,
        message_hash=asked.answer_hash,
        recorded=asked.at,
        identifiers=(person,),
    )
