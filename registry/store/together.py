"""Several writes as one statement. What a statement does is a small part of what it costs: the way
to the database and back, for one message after the other, is more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from registry.store.transaction import Connection


@dataclass(frozen=True, slots=True)
class Write:
    """Something that is written and answers nothing: common table expressions, and the values of
    their parameters. Names of both are no other write's."""

    expressions: LiteralString
    values: Mapping[str, object]


async def write(connection: Connection, *writes: Write | None) -> None:
    """Takes writes; does them all. None of them sees what another writes: each starts from what was
    there before, and what follows by triggers follows when all is written."""
    wanted = [one for one in writes if one is not None]
    if not wanted:
        return
    values: dict[str, object] = {}
    for one in wanted:
        assert not values.keys() & one.values.keys()
        values |= one.values
    statement = f"WITH {', '.join(one.expressions for one in wanted)} SELECT"
    await connection.execute(statement.encode(), values)
