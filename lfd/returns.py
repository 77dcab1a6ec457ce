"""`lfd return`: an organisation's quarterly return or Quality Account, for operators."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import UTC, datetime

from lfd.failure import Failure
from lfd.place import database
from registry import database as registry_database
from registry.returns.count import Version
from registry.returns.periods import Quarter
from registry.returns.publication import Period, parse_period
from registry.returns.written import Form, embedded_stylesheet, written
from registry.store import publications, returns
from registry.store.reader import as_reader
from registry.store.returns import NoSuchOrganisation


def run(chosen: Namespace) -> int:
    """Takes the organisation, the period, the version, the form and the place; prints the
    return."""
    try:
        period = parse_period(chosen.quarter or chosen.year)
    except ValueError as error:
        raise Failure(f"that is no period: {error}") from None
    if isinstance(period, Quarter) is (chosen.year is not None):
        raise Failure("--quarter takes a quarter like 2026-27-Q1, --year a year like 2026-27")
    with database(chosen) as url:
        registry_database.prepare(url)
        text = asyncio.run(_text(url, chosen, period))
    # As it is: CSV has the line ends of RFC 4180.
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()
    return 0


async def _text(url: str, chosen: Namespace, period: Period) -> str:
    ods, version, form = chosen.organisation, Version(chosen.version), Form(chosen.format)
    async with registry_database.pool(url, size=2) as pool, pool.connection() as connection:
        await as_reader(connection, ods, "provider")
        await publications.name_reporter(connection, ods)
        try:
            of = await returns.organisation(connection, ods)
        except NoSuchOrganisation:
            text = f"the directory has no organisation {ods}; see `lfd organisation load`"
            raise Failure(text) from None
        if chosen.published:
            every = await publications.of_period(connection, ods, period, version)
            if not every:
                raise Failure("this return was not published yet")
            before = publications.before(every[-1], every)
            charts = (
                await returns.public_charts(connection, every[-1])
                if version is Version.PUBLIC and isinstance(period, Quarter)
                else ()
            )
            return written(every[-1].document, before, form, embedded_stylesheet(), charts)
        now = datetime.now(UTC)
        found = await returns.current(connection, of, period, version, now)
        charts = (
            await returns.charts(connection, of, period, now)
            if version is Version.OWN and isinstance(period, Quarter)
            else ()
        )
        before = found.published.document if found.published else None
        return written(found.document, before, form, embedded_stylesheet(), charts)
