"""A statement that is run again and again with columns of values, straight through libpq.

What psycopg does around each statement (a cursor, a transformer, a task for every wait) costs more
than the statement of the inbox itself, which every acknowledgement waits for.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence

from psycopg import DataError, OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from adapter.database import Connection

TEXT = 25
BYTEA = 17
"""Types of elements, by their number in pg_type."""

Column = Sequence[str | bytes | None]

_BINARY = 1
_HEAD = struct.Struct("!iiIii")  # dimensions, whether there are NULLs, type, length, lower bound
_LENGTH = struct.Struct("!i")
_NULL = _LENGTH.pack(-1)


class Statement:
    """One statement, prepared on one connection, which nobody else uses meanwhile.

    Its parameters are arrays, $1 and on; it returns no rows. Outside a transaction it is committed
    once `run` has returned.
    """

    def __init__(self, connection: Connection, name: str, query: str, types: Sequence[int]) -> None:
        """Takes an open connection, a name that no other statement of it has, the statement, and
        the element types of its arrays."""
        self._connection = connection
        self._query = query.encode()
        self._types = types
        self._name = name.encode()
        self._is_prepared = False

    async def run(self, columns: Sequence[Column]) -> None:
        """Takes a column for each parameter; returns once the server has said that it is done.

        Raises psycopg.Error: DataError where it does not take a value, OperationalError where the
        connection is lost. Where it is cancelled, the connection is of no more use.
        """
        encoding = self._connection.info.encoding
        arrays = [
            _array(kind, column, encoding)
            for kind, column in zip(self._types, columns, strict=True)
        ]
        connection = self._connection.pgconn
        if not self._is_prepared:
            await self._ask(lambda: connection.send_prepare(self._name, self._query))
            self._is_prepared = True
        formats = [_BINARY] * len(arrays)
        await self._ask(lambda: connection.send_query_prepared(self._name, arrays, formats))

    async def _ask(self, send: Callable[[], object]) -> None:
        if self._connection.closed:
            raise OperationalError("the connection is closed")
        loop = asyncio.get_running_loop()
        connection = self._connection.pgconn
        socket = connection.socket
        answered: asyncio.Future[list[PGresult]] = loop.create_future()

        def write() -> None:
            try:
                if not connection.flush():
                    loop.remove_writer(socket)
            except OperationalError as error:
                loop.remove_writer(socket)
                if not answered.done():
                    answered.set_exception(error)

        def read() -> None:
            if answered.done():
                return
            try:
                connection.consume_input()
                if connection.is_busy():
                    return
                results: list[PGresult] = []
                while (result := connection.get_result()) is not None:
                    results.append(result)
                answered.set_result(results)
            except OperationalError as error:
                answered.set_exception(error)

        send()
        loop.add_reader(socket, read)
        try:
            # What the socket does not take at once goes out as it takes it; answers are read
            # meanwhile, so that neither side waits for the other.
            if connection.flush():
                loop.add_writer(socket, write)
            results = await answered
        finally:
            loop.remove_reader(socket)
            loop.remove_writer(socket)
        for result in results:
            if result.status != ExecStatus.COMMAND_OK:
                raise error_from_result(result, self._connection.info.encoding)
        if not results:
            raise OperationalError("the connection was lost")


def _array(kind: int, column: Column, encoding: str) -> bytes:
    """An array of one dimension as PostgreSQL sends and receives it (array_send in its source)."""
    parts = [_HEAD.pack(1, None in column, kind, len(column), 1)]
    for value in column:
        if value is None:
            parts.append(_NULL)
            continue
        written = _encoded(value, encoding) if isinstance(value, str) else value
        parts += (_LENGTH.pack(len(written)), written)
    return b"".join(parts)


def _encoded(value: str, encoding: str) -> bytes:
    try:
        return value.encode(encoding)
    except UnicodeEncodeError as error:
        raise DataError("a text cannot be written in the connection's encoding") from error
