"""Keeps judged messages of history in the inbox, and in the same transaction how far the file is.

So a load can die at any point: what it had not committed is read again, and nothing twice. A
message that is in the inbox already (it came live, or stands in another file) stays as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import orjson
import psycopg
from psycopg.rows import class_row

from adapter.database import DURABLE
from adapter.history.judging import LEFT_OUT, Judged
from adapter.history.piece import Piece
from adapter.reason import Reason
from adapter.treatment import CONVERTED, NOT_RELEVANT, QUARANTINED

REPEATED = "repeated"
OUTCOMES = (CONVERTED, NOT_RELEVANT, QUARANTINED, LEFT_OUT, REPEATED)
_ATTEMPTS = 10
_CANNOT_BE_STORED = Reason("207", "", "The database does not take this message.")

# Whoever comes live must not be the one that a deadlock is ended with: we give way before that.
_GIVE_WAY: LiteralString = "SET lock_timeout = '300ms'"
_STANDS: LiteralString = """
    SELECT done, finished_at IS NOT NULL AS finished,
           ARRAY[converted, not_relevant, quarantined, left_out, repeated] AS counts
    FROM adapter.history_file WHERE key = %s
"""
_KEEP: LiteralString = """
    WITH new AS (
        SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::bytea[], %b::bytea[],
                             %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[])
             WITH ORDINALITY AS new (organisation, control_id, trigger, sha256, raw,
                                     state, code, location, text, bundle, place)
    ), kept AS (
        INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state,
                                   reason_code, reason_location, reason_text)
        SELECT organisation, control_id, trigger, sha256, raw, state, code, location, text
        FROM new ORDER BY place
        ON CONFLICT (organisation, sha256) DO NOTHING
        RETURNING id, organisation, sha256
    ), sent AS (
        INSERT INTO adapter.outbox (inbox_id, bundle)
        SELECT kept.id, new.bundle FROM kept JOIN new USING (organisation, sha256)
        WHERE new.bundle IS NOT NULL ORDER BY new.place
    )
    SELECT id, organisation, sha256 FROM kept
"""
# `was` is how far we read it to be: another load of the same file must not go on beside this one.
_ADVANCE: LiteralString = """
    INSERT INTO adapter.history_file AS file (
        key, name, done, converted, not_relevant, quarantined, left_out, repeated, finished_at
    ) VALUES (
        %(key)s, %(name)s, %(done)s, %(converted)s, %(not-relevant)s, %(quarantined)s,
        %(left-out)s, %(repeated)s, CASE WHEN %(finished)s THEN clock_timestamp() END
    )
    ON CONFLICT (key) DO UPDATE SET
        done = excluded.done, finished_at = excluded.finished_at,
        converted = file.converted + excluded.converted,
        not_relevant = file.not_relevant + excluded.not_relevant,
        quarantined = file.quarantined + excluded.quarantined,
        left_out = file.left_out + excluded.left_out,
        repeated = file.repeated + excluded.repeated
    WHERE file.done = %(was)s AND file.finished_at IS NULL
"""
_PROBLEMS: LiteralString = """
    INSERT INTO adapter.history_problem (file, number, place, inbox_id, code, location, text)
    SELECT * FROM unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
                         %s::text[], %s::text[])
"""
_NO_FILE_PROBLEM: LiteralString = """
    DELETE FROM adapter.history_problem WHERE file = %s AND number = 0
"""
_PROBLEMS_OF: LiteralString = """
    SELECT number, place, inbox_id, code, location, text FROM adapter.history_problem
    WHERE file = %s ORDER BY id
"""
_WAITING: LiteralString = """
    SELECT count(*) FROM (SELECT FROM adapter.outbox ORDER BY inbox_id LIMIT %s) AS first_ones
"""
_NEWEST: LiteralString = "SELECT coalesce(max(inbox_id), 0) FROM adapter.outbox"
_UNDELIVERED: LiteralString = "SELECT count(*) FROM adapter.outbox WHERE inbox_id <= %s"


class AnotherLoad(Exception):
    """The file that it names is being loaded by somebody else at the same time."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of history: what tells it from every other, its name for people, and what the places
    in it count: `byte` or `line`."""

    key: bytes
    name: str
    unit: str = "byte"

    @classmethod
    def of(cls, fingerprint: Sequence[Any], name: str, unit: str = "byte") -> File:
        """Takes what changes when the file does, its name and the unit; returns it."""
        return cls(hashlib.sha256(orjson.dumps(list(fingerprint))).digest(), name, unit)

    def place(self, one: Piece | Problem) -> str:
        """Takes a message of the file, or its problem; returns where it stands, for people."""
        if not one.number:
            return self.name
        if one.place is None:
            return f"{self.name}, message {one.number}"
        return f"{self.name}, {self.unit} {one.place}"


@dataclass(frozen=True, slots=True)
class Stands:
    """How far a file has come: so many messages are done; what became of them."""

    done: int = 0
    finished: bool = False
    outcomes: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong with a message of a file; `inbox_id` where it waits in quarantine."""

    number: int
    place: int | None
    inbox_id: int | None
    code: str
    location: str
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages of one file that follow each other; `was` are done before them. `finished` says
    that the file has no more."""

    file: File
    was: int
    pieces: Sequence[Piece]
    judged: Sequence[Judged]
    finished: bool = False


@dataclass(slots=True)
class Kept:
    """What a commit came to: messages by outcome, and the problems of each file."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    problems: list[tuple[File, Problem]] = field(default_factory=list[tuple[File, Problem]])


class Ledger:
    """The adapter's database as a load sees it, on one connection of its own."""

    def __init__(self, database: str) -> None:
        """Takes a database URL whose schema is up to date. psycopg.Error where it cannot be
        reached."""
        self._connection = psycopg.connect(
            database, autocommit=True, application_name="lfd load", connect_timeout=5
        )
        self._connection.execute(DURABLE)
        self._connection.execute(_GIVE_WAY)

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def stands(self, file: File) -> Stands:
        """Takes a file; returns how far it has come."""
        found = self._connection.execute(_STANDS, [file.key]).fetchone()
        if found is None:
            return Stands()
        done, finished, counts = found
        return Stands(done, finished, Counter(dict(zip(OUTCOMES, counts, strict=True))))

    def problems(self, file: File) -> Iterator[Problem]:
        """Takes a file; yields what was found wrong in it so far."""
        with self._connection.cursor(row_factory=class_row(Problem)) as cursor:
            yield from cursor.execute(_PROBLEMS_OF, [file.key])

    def forget(self, file: File) -> None:
        """Takes a file; it counts as never begun. What it brought into the inbox stays there."""
        self._connection.execute("DELETE FROM adapter.history_file WHERE key = %s", [file.key])

    def waiting(self, most: int) -> int:
        """Takes a number; returns how many messages wait for delivery, or that number if more."""
        return self._one(_WAITING, most)

    def newest(self) -> int:
        """Returns the newest id of the inbox that waits for delivery now, 0 where none does."""
        return self._one(_NEWEST)

    def undelivered(self, last_id: int) -> int:
        """Takes an id of the inbox; returns how many messages up to it wait for delivery."""
        return self._one(_UNDELIVERED, last_id)

    def keep(self, stretches: Sequence[Stretch]) -> Kept:
        """Takes judged messages; returns what became of them, once all of it is committed.

        AnotherLoad where somebody else went on with one of the files.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return self._commit(stretches)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                # Somebody who is live stores one of the same messages at this moment.
                if attempt == _ATTEMPTS - 1:
                    raise
            except (psycopg.DataError, UnicodeError):
                return self._keep_singly(stretches)
        raise AssertionError("the last attempt returns or raises")

    def _keep_singly(self, stretches: Sequence[Stretch]) -> Kept:
        """One row that the database does not take must not keep out the others."""
        if len(stretches) == 1 and len(stretches[0].pieces) == 1:
            (one,) = stretches
            refused = [Judged(LEFT_OUT, reasons=(_CANNOT_BE_STORED,))]
            return self._commit([Stretch(one.file, one.was, one.pieces, refused, one.finished)])
        whole = Kept()
        for single in _singles(stretches):
            kept = self.keep([single])
            whole.outcomes.update(kept.outcomes)
            whole.problems += kept.problems
        return whole

    def _commit(self, stretches: Sequence[Stretch]) -> Kept:
        with self._connection.transaction():
            ids = self._insert(stretches)
            kept = Kept()
            for stretch in stretches:
                outcomes, problems = _settled(stretch, ids)
                self._advance(stretch, outcomes)
                self._take_back(stretch)
                kept.outcomes.update(outcomes)
                kept.problems += [(stretch.file, problem) for problem in problems]
            self._write_problems(kept.problems)
        return kept

    def _take_back(self, stretch: Stretch) -> None:
        """What was wrong with the whole file is found again each time it is tried."""
        if any(not piece.number for piece in stretch.pieces):
            self._connection.execute(_NO_FILE_PROBLEM, [stretch.file.key])

    def _insert(self, stretches: Sequence[Stretch]) -> dict[tuple[str, bytes], int]:
        """Returns the ids of the messages that are new, by organisation and SHA-256."""
        new: dict[tuple[str, bytes], list[object]] = {}
        for stretch in stretches:
            for piece, judged in zip(stretch.pieces, stretch.judged, strict=True):
                if judged.entry is not None:
                    row = _row(stretch.file, piece, judged)
                    new.setdefault((judged.entry.organisation, judged.entry.sha256), row)
        if not new:
            return {}
        columns = [list(column) for column in zip(*new.values(), strict=True)]
        found = self._connection.execute(_KEEP, columns).fetchall()
        return {(organisation, bytes(sha256)): key for key, organisation, sha256 in found}

    def _advance(self, stretch: Stretch, outcomes: Counter[str]) -> None:
        values = {
            "key": stretch.file.key,
            "name": stretch.file.name,
            "was": stretch.was,
            "done": stretch.was + sum(1 for piece in stretch.pieces if piece.number),
            "finished": stretch.finished,
            **{outcome: outcomes[outcome] for outcome in OUTCOMES},
        }
        if not self._connection.execute(_ADVANCE, values).rowcount:
            raise AnotherLoad(stretch.file.name)

    def _write_problems(self, problems: Sequence[tuple[File, Problem]]) -> None:
        if problems:
            rows = [
                (file.key, one.number, one.place, one.inbox_id, one.code, one.location, one.text)
                for file, one in problems
            ]
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._connection.execute(_PROBLEMS, columns)

    def _one(self, query: LiteralString, *values: int) -> int:
        found = self._connection.execute(query, values).fetchone()
        assert found is not None
        return int(found[0])


def _row(file: File, piece: Piece, judged: Judged) -> list[object]:
    entry = judged.entry
    assert entry is not None
    reason = judged.reasons[0] if judged.reasons else None
    where = file.place(piece).replace("\0", "")
    return [
        entry.organisation,
        entry.control_id,
        entry.trigger,
        entry.sha256,
        entry.raw,
        judged.state,
        reason and (reason.code or None),
        reason and (reason.location or None),
        reason and f"{reason.text} (loaded from {where})",
        judged.bundle,
    ]


def _settled(
    stretch: Stretch, ids: dict[tuple[str, bytes], int]
) -> tuple[Counter[str], list[Problem]]:
    """What became of each message, and the problems; an id that is used up is taken out, so that
    the same message a second time is a repetition."""
    outcomes: Counter[str] = Counter()
    problems: list[Problem] = []
    for piece, judged in zip(stretch.pieces, stretch.judged, strict=True):
        inbox_id = None
        if judged.entry is not None:
            inbox_id = ids.pop((judged.entry.organisation, judged.entry.sha256), None)
            if inbox_id is None:
                outcomes[REPEATED] += 1
                continue
        if piece.number:
            outcomes[judged.state] += 1
        problems += [
            Problem(piece.number, piece.place, inbox_id, one.code, one.location, one.text)
            for one in judged.reasons
        ]
    return outcomes, problems


def _singles(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    for stretch in stretches:
        was, last = stretch.was, len(stretch.pieces) - 1
        for at, (piece, judged) in enumerate(zip(stretch.pieces, stretch.judged, strict=True)):
            yield Stretch(stretch.file, was, [piece], [judged], stretch.finished and at == last)
            was += 1 if piece.number else 0
        if not stretch.pieces:
            yield stretch
