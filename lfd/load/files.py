"""The files that `lfd load` reads: found in a stable order, opened whatever they are packed in."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from adapter.history.ledger import File
from lfd.checkpoint import fingerprint
from lfd.failure import Failure

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_TAR_AT, _TAR = 257, b"ustar"
_ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".tar")
_LONGEST_PIECE = 256 * 1024 * 1024
_LONGEST_ROW = 8 * 1024 * 1024
_MOST_MEMBERS = 1_000_000

DAMAGED = (
    *(EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile),
    NotImplementedError,
)
"""What reading raises where a packed file is damaged, or packed in a way that is not known."""


class NotRead(Exception):
    """A file that is left out as a whole; its text says why and what to do."""


class Content:
    """What a file holds, unpacked, to be read once."""

    def __init__(self, unpacked: BinaryIO, packed: BinaryIO | None = None) -> None:
        """Takes the content, and the file whose position says how far it is."""
        self._unpacked = unpacked
        self._packed = packed
        self._room, self._row_room = _LONGEST_PIECE, _LONGEST_ROW

    def read(self, size: int = -1) -> bytes:
        """As of a file. NotRead where so much was read that is all one message: it would not fit
        into memory."""
        chunk = self._unpacked.read(size)
        self._room -= len(chunk)
        if self._room < 0:
            raise NotRead(
                f"no message ends within {_LONGEST_PIECE >> 20} MiB: the rest is left out"
            )
        return chunk

    def readline(self, size: int = -1) -> bytes:
        """As of a file. NotRead as for `read`, of a line or a row."""
        line = self._unpacked.readline(size)
        self._row_room -= len(line)
        if self._row_room < 0 or (len(line) == size and not line.endswith(b"\n")):
            raise NotRead("a row has no end within a few MiB: the rest is left out")
        return line

    def message_ended(self) -> None:
        """The reader has come to the end of a message or row."""
        self._room, self._row_room = _LONGEST_PIECE, _LONGEST_ROW

    @property
    def position(self) -> int:
        """How many bytes of the file as it is packed are behind us."""
        return 0 if self._packed is None else self._packed.tell()


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of a ZIP; `size` is what it takes as it is packed."""

    file: File
    is_csv: bool
    size: int
    open: Callable[[], AbstractContextManager[Content]]


def found(paths: Sequence[str]) -> list[Path]:
    """Takes files and folders; returns the files, folders searched by name at every depth. Hidden
    files are left out. Failure where something cannot be read."""
    return [file for path in paths for file in _within(Path(path))]


def total_bytes(files: Sequence[Path]) -> int:
    """Takes files; returns their sizes together."""
    return sum(file.stat().st_size for file in files)


def sources(path: Path, organisation: str) -> Iterator[Source]:
    """Takes a file, and whose messages alone are taken ('': anybody's); yields what it holds: for
    a ZIP its members, else itself. NotRead, or OSError."""
    with path.open("rb") as opened:
        head = opened.read(_TAR_AT + len(_TAR))
    if head.startswith(_ZIP):
        yield from _members(path, organisation)
        return
    if head[_TAR_AT:] == _TAR:
        raise NotRead("it is a tar archive: unpack it first")
    packed = head.startswith(_GZIP)
    name = path.name.removesuffix(".gz") if packed else path.name
    is_csv = name.lower().endswith(".csv")

    @contextmanager
    def content() -> Generator[Content]:
        with path.open("rb") as raw:
            if not packed:
                yield Content(raw, raw)
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                # Buffered, for a line at a time is slow out of GzipFile itself.
                yield Content(io.BufferedReader(unpacked), raw)  # pyright: ignore[reportArgumentType] - a GzipFile is a raw stream, only not declared one

    told = [*(fingerprint(str(path)) or []), is_csv, organisation]
    file = File.of(told, str(path), "line" if is_csv else "byte")
    yield Source(file, is_csv, path.stat().st_size, content)


def _within(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if not path.is_file():
            raise Failure(f"{path}: there is no such file or folder")
        yield path
        return

    def fail(error: OSError) -> None:
        raise Failure(f"{error.filename}: {error.strerror or 'cannot be read'}") from error

    for folder, folders, files in os.walk(path, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if not name.startswith(".") and file.is_file():
                yield file


def _members(path: Path, organisation: str) -> Iterator[Source]:
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) > _MOST_MEMBERS:
            raise NotRead(f"it has more than {_MOST_MEMBERS:,} members: unpack it first")
        told = [*(fingerprint(str(path)) or []), organisation]
        for member in sorted(members, key=lambda one: one.filename):
            yield _member(path, archive, member, told)


def _member(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, told: list[Any]
) -> Source:
    is_csv = member.filename.lower().endswith(".csv")

    @contextmanager
    def content() -> Generator[Content]:
        if member.flag_bits & 1:
            raise NotRead("it needs a password: unpack it first")
        if member.filename.lower().endswith(_ARCHIVES):
            raise NotRead("it is an archive within an archive: unpack it first")
        with archive.open(member) as unpacked:
            yield Content(unpacked)  # pyright: ignore[reportArgumentType] - a ZipExtFile is a binary stream, only not declared one

    told = [*told, member.filename, member.header_offset, member.CRC, is_csv]
    file = File.of(told, f"{path}/{member.filename}", "line" if is_csv else "byte")
    return Source(file, is_csv, member.compress_size, content)
