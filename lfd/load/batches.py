"""The messages of history in batches: many small files share one, a big file fills many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from adapter import er7
from adapter.er7.charset import mark
from adapter.history.csv_reading import HeaderError, rows
from adapter.history.judging import Judge, Judged, Pieces
from adapter.history.ledger import File, Stands
from adapter.history.piece import Piece
from adapter.reason import Reason
from lfd.load.files import DAMAGED, Content, NotRead, Source, sources

MOST_MESSAGES = 250
_MOST_BYTES = 1_000_000
_LOOKED_AT = 65_536
_NO_MESSAGE = "there is no HL7 message in it"
_NO_MESSAGE_SOON = f"no HL7 message begins in its first {_LOOKED_AT >> 10} KiB: it is left out"

AskStands = Callable[[File], Stands]


@dataclass(slots=True)
class Part:
    """Messages of one file that follow each other, after `was` that are done."""

    file: File
    was: int
    pieces: list[Piece] = field(default_factory=list[Piece])
    finished: bool = False


@dataclass(slots=True)
class Batch:
    """Parts that are judged and kept together, and how many bytes of all files are then read."""

    are_rows: bool
    parts: list[Part] = field(default_factory=list[Part])
    messages: int = 0
    size: int = 0
    done_bytes: int = 0


class JudgeBatch:
    """Judges the parts of a batch. It can go to another process."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __call__(self, batch: Batch) -> list[list[Judged]]:
        """Takes a batch; returns what becomes of the messages of each part."""
        return [self._judge(Pieces(part.pieces, batch.are_rows)) for part in batch.parts]


class Batches:
    """Reads files into batches, each file from where it stands."""

    def __init__(
        self, files: Sequence[Path], organisation: str, stands: AskStands, most: int = MOST_MESSAGES
    ) -> None:
        """Takes files, whose messages alone are taken ('': anybody's), where each file stands, and
        how many messages a batch may have."""
        self._files = files
        self._organisation = organisation
        self._stands = stands
        self._most = most
        self._seen: set[bytes] = set()
        self._before = 0
        self._batch = Batch(are_rows=False)

    def __iter__(self) -> Iterator[Batch]:
        """Yields the batches. What is wrong with a whole file is a message with the number 0."""
        for path in self._files:
            try:
                for source in sources(path, self._organisation):
                    yield from self._source(source)
            except (NotRead, OSError, *DAMAGED) as error:
                why = _why(error)
                file = File.of([str(path), why], str(path))
                self._add(self._part(file, 0), _file_fault(why))
            self._batch.done_bytes = self._before
            if self._is_full():
                yield self._next(self._batch.are_rows)
        if self._batch.parts:
            yield self._batch

    def _source(self, source: Source) -> Iterator[Batch]:
        if source.file.key in self._seen:
            self._before += source.size
            return
        self._seen.add(source.file.key)
        stands = self._stands(source.file)
        if not stands.finished:
            if self._batch.parts and self._batch.are_rows is not source.is_csv:
                yield self._next(source.is_csv)
            self._batch.are_rows = source.is_csv
            yield from self._pieces(source, stands.done)
        self._before += source.size

    def _pieces(self, source: Source, done: int) -> Iterator[Batch]:
        part = self._part(source.file, done)
        finished, content = True, None
        try:
            with source.open() as content:
                for piece in self._read(source, content):
                    content.message_ended()
                    if 0 < piece.number <= done:
                        continue
                    self._add(part, piece)
                    if self._is_full():
                        read = part.was + len(part.pieces)
                        self._batch.done_bytes = self._before + content.position
                        yield self._next(source.is_csv)
                        part = self._part(source.file, read)
        except HeaderError as error:
            self._add(part, Piece(0, None, b"", error.reasons))
        except (NotRead, *DAMAGED) as error:
            self._add(part, _file_fault(_why(error)))
        except OSError as error:
            # It may be readable the next time: then the file goes on from here.
            self._add(part, _file_fault(_why(error)))
            finished = False
        part.finished = finished

    def _read(self, source: Source, content: Content) -> Iterator[Piece]:
        stream = cast("BinaryIO", content)
        pieces = rows(stream, self._organisation) if source.is_csv else _messages(content)
        first = next(pieces, None)
        if first is None:
            yield _file_fault("there is no row in it" if source.is_csv else _NO_MESSAGE)
            return
        yield from chain([first], pieces)

    def _part(self, file: File, was: int) -> Part:
        part = Part(file, was)
        self._batch.parts.append(part)
        return part

    def _add(self, part: Part, piece: Piece) -> None:
        part.pieces.append(piece)
        self._batch.messages += 1
        self._batch.size += len(piece.raw)

    def _is_full(self) -> bool:
        return self._batch.messages >= self._most or self._batch.size >= _MOST_BYTES

    def _next(self, are_rows: bool) -> Batch:
        batch, self._batch = self._batch, Batch(are_rows, done_bytes=self._batch.done_bytes)
        return batch


def _messages(content: Content) -> Iterator[Piece]:
    head = content.read(_LOOKED_AT)
    if head and b"MSH" not in head and mark(head[:4]) is None:
        raise NotRead(_NO_MESSAGE_SOON)
    stream = cast("BinaryIO", _Again(head, content))
    for number, (place, raw) in enumerate(er7.split_with_place(stream), 1):
        yield Piece(number, place, raw)


class _Again:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: Content) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head or self._rest.read(size)


def _file_fault(why: str) -> Piece:
    return Piece(0, None, b"", (Reason("", "", why),))


def _why(error: BaseException) -> str:
    if isinstance(error, NotRead):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read: {error.strerror}"
    return "it is damaged, or packed in a way that is not known: the rest is left out"
