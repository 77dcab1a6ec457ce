"""Cohorts as rows: what was proposed, what each organisation said, and the deaths that follow.

Read as the reader of one organisation, these rows are the cohorts that it takes part in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson

from registry.export.cohort import Answer, Cohort, Member, Proposal, Said, Sample, death, members
from registry.store.transaction import Connection

_COHORTS = """
    SELECT c.id, c.name, c.month, c.percent, c.size, c.seed, c.proposer, c.proposed_at,
        o.organisation, a.answer, a.at
    FROM cohort AS c
    JOIN cohort_organisation AS o ON o.cohort = c.id
    LEFT JOIN LATERAL (
        SELECT answer, at FROM cohort_answer
        WHERE cohort = o.cohort AND organisation = o.organisation ORDER BY id DESC LIMIT 1
    ) AS a ON true
    WHERE (%(id)s::text IS NULL OR c.id = %(id)s)
        AND EXISTS (SELECT FROM cohort_organisation AS mine
            WHERE mine.cohort = c.id AND mine.organisation = %(organisation)s)
    ORDER BY c.proposed_at, c.id, o.organisation
"""
_PROPOSE = """
    INSERT INTO cohort (id, name, proposer, client, month, percent, size, seed)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_NAME = "INSERT INTO cohort_organisation (cohort, organisation) SELECT %s, unnest(%s::text[])"
_ANSWER = """
    INSERT INTO cohort_answer (cohort, organisation, answer, client) VALUES (%s, %s, %s, %s)
"""


async def propose(
    connection: Connection, proposal: Proposal, organisation: str, client: str
) -> str:
    """Takes a proposal, whose it is and by which client; keeps it, with the proposer's own
    agreement where it takes part. Returns the id."""
    cohort_id, sample = uuid4().hex, proposal.sample
    percent, size, seed = (sample.percent, sample.size, sample.seed) if sample else (None,) * 3
    said = (cohort_id, proposal.name, organisation, client, proposal.month, percent, size, seed)
    await connection.execute(_PROPOSE, said)
    await connection.execute(_NAME, (cohort_id, list(proposal.organisations)))
    if organisation in proposal.organisations:
        await answer(connection, cohort_id, organisation, Said.AGREED, client)
    return cohort_id


async def answer(
    connection: Connection, cohort_id: str, organisation: str, said: Said, client: str
) -> None:
    """Takes a cohort, an organisation that takes part, what it says and by which client; keeps
    it."""
    await connection.execute(_ANSWER, (cohort_id, organisation, said, client))


async def of_organisation(
    connection: Connection, organisation: str | None, cohort_id: str | None = None
) -> list[Cohort]:
    """Takes an organisation, and a cohort (None: all); returns those that it takes part in, the
    oldest first."""
    rows = await connection.execute(_COHORTS, {"organisation": organisation, "id": cohort_id})
    grouped: dict[str, list[tuple[Any, ...]]] = {}
    for row in await rows.fetchall():
        grouped.setdefault(row[0], []).append(row)
    return [_cohort(rows) for rows in grouped.values()]


async def found(connection: Connection, cohort: Cohort) -> list[Member]:
    """Takes a cohort, on a connection that reads for one of its organisations; returns who is in
    it: nobody while one of them has not agreed."""
    rows = await connection.execute("SELECT * FROM cohort_deaths(%s)", (cohort.id,))
    deaths = [death(ods, person, orjson.loads(text)) for ods, person, text in await rows.fetchall()]
    return members(cohort.proposal, [one for one in deaths if one is not None])


async def unknown(connection: Connection, organisations: Sequence[str]) -> list[str]:
    """Takes ODS codes; returns those that the directory has not."""
    rows = await connection.execute(
        "SELECT ods FROM organisation WHERE ods = ANY (%s)", (list(organisations),)
    )
    known = {row[0] for row in await rows.fetchall()}
    return [ods for ods in organisations if ods not in known]


def _cohort(rows: list[tuple[Any, ...]]) -> Cohort:
    cohort_id, name, month, percent, size, seed, proposer, at = rows[0][:8]
    share = None if percent is None else float(percent)
    sample = None if seed is None else Sample(seed, share, size)
    answers = tuple(
        Answer(ods, Said(said) if said else Said.ASKED, when) for *_, ods, said, when in rows
    )
    named = tuple(one.organisation for one in answers)
    return Cohort(cohort_id, Proposal(name, month, named, sample), proposer, at, answers)
