"""Makes one export: reads its snapshot, writes its files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from registry.api.outcomes import Issue, outcome_of
from registry.core.visibility import EVERYTHING, VISIBLE, view
from registry.export.job import File, Wanted
from registry.export.jobs import Making
from registry.export.packing import TEXT_BYTES, Packer
from registry.export.pseudonymised import Pseudonyms, pseudonymised
from registry.export.reading import Snapshot

# So many resources are in one file at most: a client may fetch several at once.
FILE_RESOURCES = 50_000
Shown = Callable[[str], bytes]
"""Takes a resource as stored; returns what its recipient sees of it, as a line without its end."""


def as_shown(wanted: Wanted, resource_type: str, names: Pseudonyms | None) -> Shown:
    """Takes an export, a type and the recipient's pseudonyms (None: it sees names); returns what
    makes its lines."""
    if names is not None:
        return lambda content: orjson.dumps(pseudonymised(orjson.loads(content), names))
    if VISIBLE[wanted.role][resource_type] is EVERYTHING:
        return str.encode
    return lambda content: orjson.dumps(view(orjson.loads(content), wanted.role))


class Maker:
    """One attempt at one export."""

    def __init__(self, making: Making, snapshot: Snapshot, wanted: Wanted) -> None:
        self._making = making
        self._snapshot = snapshot
        self._wanted = wanted
        self._files = 0
        self.names_people = True
        self.written = 0

    async def make(self, names: Pseudonyms | None) -> None:
        """Takes the recipient's pseudonyms (None: it sees names); writes all files."""
        self.names_people = names is None
        await self._making.expects(await self._snapshot.count())
        for resource_type in self._wanted.types:
            await self._write_type(resource_type, as_shown(self._wanted, resource_type, names))
        if self._wanted.notes:
            await self._write_notes()

    async def _write_type(self, resource_type: str, shown: Shown) -> None:
        file = self._new(resource_type)
        async for rows in self._snapshot.rows(resource_type):
            await file.add(rows, shown)
            self.written += len(rows)
            if file.resources >= FILE_RESOURCES:
                await file.end()
                file = self._new(resource_type)
        if file.resources:
            await file.end()
        else:
            self._files -= 1

    async def _write_notes(self) -> None:
        """What was left aside, as OperationOutcomes: errors of the export, as its manifest has
        them."""
        file = self._new("OperationOutcome", "error")
        said = [
            outcome_of([Issue("not-supported", "UNSUPPORTED_VALUE", text, severity="warning")])
            for text in self._wanted.notes
        ]
        await file.add([(None, orjson.dumps(one).decode()) for one in said], str.encode)
        await file.end()

    def _new(self, resource_type: str, kind: str = "output") -> _Growing:
        self._files += 1
        return _Growing(self._making, self._files, resource_type, kind, self)


class _Growing:
    """A file that is being written."""

    def __init__(
        self, making: Making, number: int, resource_type: str, kind: str, maker: Maker
    ) -> None:
        self._making = making
        self._number = number
        self._type = resource_type
        self._kind = kind
        self._maker = maker
        self._packer = Packer()
        self._parts = 0
        self._lines: list[bytes] = []
        self._waiting = 0
        self._people: set[str] = set()
        self.resources = 0

    async def add(self, rows: list[tuple[str | None, str]], shown: Shown) -> None:
        """Takes resources as stored, with the person each is about, and what makes lines of them;
        appends them."""
        # Beside the event loop, as is the packing: others are served meanwhile.
        lines = await asyncio.to_thread(lambda: [shown(content) for _, content in rows])
        self._lines += lines
        self._waiting += sum(map(len, lines)) + len(lines)
        if self._maker.names_people:
            self._people |= {person for person, _ in rows if person is not None}
        self.resources += len(rows)
        if self._waiting >= TEXT_BYTES:
            await self._pack()

    async def end(self) -> None:
        """Writes what is left, and the file's own row."""
        await self._pack()
        await self._keep(self._packer.end())
        packer = self._packer
        await self._making.file(
            File(
                self._number,
                self._kind,
                self._type,
                self.resources,
                self._parts,
                packer.size,
                packer.packed,
            )
        )

    async def _pack(self) -> None:
        if not self._lines:
            return
        text = b"\n".join([*self._lines, b""])
        self._lines, self._waiting = [], 0
        part = await asyncio.to_thread(self._packer.add, text)
        if part is not None:
            await self._keep(part)
            await self._making.reached(self._maker.written)

    async def _keep(self, part: bytes) -> None:
        self._parts += 1
        people, self._people = sorted(self._people), set()
        await self._making.part(self._number, self._parts, part, people)
