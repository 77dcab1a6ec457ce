"""Returns over a real database: what was known when, publication, and whose rows are read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import psycopg
import pytest

from registry.core.decision import Outcome, Step
from registry.directory.organisation import Organisation
from registry.returns import definitions as d
from registry.returns import kept_death
from registry.returns.count import Version
from registry.returns.definitions import Measure, Population
from registry.returns.frozen import Document, counts
from registry.returns.history import Deaths
from registry.returns.periods import FinancialYear, Quarter
from registry.returns.public import public_return
from registry.returns.publication import Period, PublicationRefused
from registry.returns.quality_account import QualityAccount
from registry.returns.quarterly import QuarterlyReturn, quarterly_return
from registry.returns.reviewed_death import Action, AgeGroup
from registry.returns.scales import PRISM
from registry.store import learning_actions, publications, returns
from registry.store.learning_actions import ActionRefused, By
from registry.store.publications import Publication
from registry.store.reader import READER, as_reader
from registry.store.transaction import Connection, transact
from tests.registry.core.stating import (
    DIRECTORY,
    ICB1,
    NUMBER,
    OTHER_NUMBER,
    T1,
    T2,
    Sender,
    mrn,
)
from tests.registry.returns.made import death
from tests.registry.store.conftest import Store

Q4 = Quarter.parse("2025-26-Q4")
YEAR = FinancialYear(2025)
TRUST = DIRECTORY[T1]
OURS = By(T1, "a client", "a person")
# The quarter after the deaths, and the one after that.
SPRING, SUMMER = datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 8, 4, tzinfo=UTC)
Result = TypeVar("Result")


async def tell(store: Store, sender: Sender, admitted: str = "2026-01-05", on: str = "2026-01-10"):
    await store.tell(sender.admits(admitted), sender.discharges(on, method="4", died=on))


async def as_trust(
    store: Store,
    work: Callable[[Connection], Awaitable[Result]],
    organisation: str = T1,
    role: str = "provider",
    reporter: str | None = None,
) -> Result:
    """What somebody does on a connection that reads for them."""

    async def reading(connection: Connection) -> Result:
        await as_reader(connection, organisation, role)
        await publications.name_reporter(connection, reporter or organisation)
        return await work(connection)

    return await transact(store.pool, reading)


async def now_of(
    store: Store,
    version: Version = Version.OWN,
    period: Period = Q4,
    known_at: datetime | None = None,
    of: Organisation = TRUST,
) -> Document:
    async def work(connection: Connection) -> Document:
        moment = known_at or datetime.now(UTC)
        return (await returns.current(connection, of, period, version, moment)).document

    return await as_trust(store, work, of.ods)


async def publish(
    store: Store, now: datetime, period: Period = Q4, themes: tuple[str, ...] = ()
) -> list[Publication]:
    async def work(connection: Connection) -> list[Publication]:
        return await returns.publish(connection, OURS, period, now, themes)

    return await transact(store.pool, work)


def number(document: Document, population: Population, measure: Measure) -> int | None:
    return counts(document)[f"{population.code}.{measure.code}"].number


async def complete(store: Store, *outcomes: Outcome) -> None:
    await store.decide(Step.ACCEPT, T1)
    found = (Outcome("judgement", PRISM.id, "5"), *outcomes)
    await store.decide(Step.COMPLETE, T1, outcomes=found)


async def test_what_was_known_when(store: Store) -> None:
    before = datetime.now(UTC)
    sender = Sender(T1)
    await tell(store, sender)
    died = datetime.now(UTC)
    await complete(store)
    reviewed = datetime.now(UTC)
    await store.tell(sender.cancels("A13"))
    numbers = [
        (
            number(await now_of(store, known_at=moment), d.ALL_IN_CARE, d.DEATHS),
            number(await now_of(store, known_at=moment), d.ALL_IN_CARE, d.REVIEWED),
            number(await now_of(store, known_at=moment), d.ALL_IN_CARE, d.JUDGED["prism"]),
        )
        for moment in (before, died, reviewed, datetime.now(UTC))
    ]
    assert numbers == [(0, 0, 0), (1, 0, 0), (1, 1, 1), (0, 0, 0)]


async def test_a_repetition_adds_no_row_and_a_correction_moves_the_quarter(store: Store) -> None:
    sender = Sender(T1)
    await tell(store, sender, "2026-03-20", "2026-03-31")
    rows = store.execute("SELECT count(*) FROM death_for_return")
    await tell(store, replace(sender), "2026-03-20", "2026-03-31")
    assert store.execute("SELECT count(*) FROM death_for_return") == rows
    assert number(await now_of(store), d.ALL_IN_CARE, d.DEATHS) == 1
    late = sender.discharges("2026-04-01", method="4", died="2026-04-01", at="2026-05-01T10:00")
    await store.tell(late)
    assert number(await now_of(store), d.ALL_IN_CARE, d.DEATHS) == 0
    later = await now_of(store, period=Q4.following)
    assert number(later, d.ALL_IN_CARE, d.DEATHS) == 1


async def test_a_number_learnt_later_counts_the_death_once(store: Store) -> None:
    sender = Sender(T1, (mrn("A1"),))
    await tell(store, sender)
    linked = replace(sender, identifiers=(mrn("A1"), NUMBER))
    await store.tell(linked.states("A31", "2026-02-01T10:00"))
    assert number(await now_of(store), d.ALL_IN_CARE, d.DEATHS) == 1


async def test_each_trust_counts_its_own_and_reads_no_others(store: Store) -> None:
    await tell(store, Sender(T1))
    second = Sender(T2, (OTHER_NUMBER,))
    await tell(store, second)
    await store.tell(second.diagnoses("F72", "learning-disability"))
    own = await now_of(store)
    other = await now_of(store, of=DIRECTORY[T2])
    assert number(own, d.ALL_IN_CARE, d.DEATHS) == number(other, d.ALL_IN_CARE, d.DEATHS) == 1
    assert number(own, d.LEARNING_DISABILITY, d.DEATHS) == 0
    assert number(other, d.LEARNING_DISABILITY, d.DEATHS) == 1

    async def of_the_other(connection: Connection) -> Document:
        now = datetime.now(UTC)
        found = await returns.current(connection, DIRECTORY[T2], Q4, Version.OWN, now)
        return found.document

    nothing = await as_trust(store, of_the_other)
    assert set(counts(nothing).values()) == set(counts(await _empty()).values())


async def _empty() -> Document:
    return quarterly_return(Deaths(TRUST, ()), Q4, SPRING)


async def test_a_publication_is_frozen_and_the_next_says_what_changed(store: Store) -> None:
    await tell(store, Sender(T1))
    first = await publish(store, datetime.now(UTC))
    assert [p.version for p in first] == [Version.OWN, Version.PUBLIC]
    assert counts(first[0].document)["all-in-care.deaths"].text == "1"
    assert counts(first[1].document)["all-in-care.deaths"].text == "*"
    await tell(store, Sender(T1, (OTHER_NUMBER,)))

    async def work(connection: Connection) -> tuple[Document, Publication | None]:
        found = await returns.current(connection, TRUST, Q4, Version.OWN, datetime.now(UTC))
        return found.document, found.published

    document, published = await as_trust(store, work)
    assert published is not None
    assert published.document == first[0].document
    assert number(document, d.ALL_IN_CARE, d.DEATHS) == 2
    assert number(published.document, d.ALL_IN_CARE, d.DEATHS) == 1
    row = store.execute("SELECT client, signed_in, number FROM published_return LIMIT 1")
    assert row == [("a client", "a person", 1)]


async def test_published_once_a_quarter_and_not_before_the_period_is_over(store: Store) -> None:
    with pytest.raises(PublicationRefused, match="ends on 31 March 2026"):
        await publish(store, datetime(2026, 3, 31, 12, tzinfo=UTC))
    await publish(store, SPRING)
    with pytest.raises(PublicationRefused, match="from 1 July 2026 on"):
        await publish(store, SPRING + timedelta(days=50))
    assert [p.number for p in await publish(store, SUMMER)] == [2, 2]


async def test_two_who_publish_at_once_publish_one_version(store: Store) -> None:
    done = await asyncio.gather(*(publish(store, SPRING) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, list) for one in done) == 1
    assert sum(isinstance(one, PublicationRefused) for one in done) == 2
    assert store.execute("SELECT count(*) FROM published_return") == [(2,)]


async def test_themes_and_actions_are_public_only_where_somebody_cleared_them(
    store: Store,
) -> None:
    await tell(store, Sender(T1))
    await complete(
        store,
        Outcome("theme", text="Fluid balance"),
        Outcome("theme", text="Ward 7, bed 3"),
        Outcome("action", text="Speak with Dr Example."),
    )

    async def record(connection: Connection) -> str:
        private = Action("Ask the ward about nights.", is_taken=False)
        await learning_actions.record(connection, OURS, Q4, private, datetime.now(UTC))
        public = Action("New charts.", is_taken=True, impact="Fewer gaps.", is_cleared=True)
        return await learning_actions.record(connection, OURS, Q4, public, datetime.now(UTC))

    recorded = await transact(store.pool, record)
    with pytest.raises(PublicationRefused, match="theme"):
        await publish(store, datetime.now(UTC), themes=("Falls",))
    own, public = await publish(store, datetime.now(UTC), themes=("Fluid balance",))
    assert isinstance(own.document, QuarterlyReturn)
    assert {t.theme.display for t in own.document.themes} == {"Fluid balance", "Ward 7, bed 3"}
    assert [a.text for a in own.document.actions] == [
        "Ask the ward about nights.",
        "New charts.",
        "Speak with Dr Example.",
    ]
    assert [t.theme.display for t in public.document.themes] == ["Fluid balance"]
    assert [a.text for a in public.document.actions] == ["New charts."]

    async def withdraw(connection: Connection) -> None:
        await learning_actions.withdraw(connection, OURS, recorded, datetime.now(UTC))

    await transact(store.pool, withdraw)
    later = await now_of(store)
    assert "New charts." not in {action.text for action in later.actions}
    for other in (By(T2, "c"), By(T1, "c")):

        async def change(connection: Connection, by: By = other) -> None:
            action = Action("x", is_taken=False)
            known = recorded if by.organisation == T2 else "unknown"
            await learning_actions.record(connection, by, Q4, action, datetime.now(UTC), known)

        with pytest.raises(ActionRefused):
            await transact(store.pool, change)


async def test_a_quality_account_with_the_year_before(store: Store) -> None:
    await tell(store, Sender(T1), "2025-01-05", "2025-02-10")
    account = await publish(store, datetime.now(UTC), FinancialYear(2024))
    assert isinstance(account[0].document, QualityAccount)
    assert counts(account[0].document)["27-1-deaths.q4"].number == 1
    await complete(store)
    await tell(store, Sender(T1, (OTHER_NUMBER,)))
    later = await now_of(store, period=YEAR)
    assert isinstance(later, QualityAccount)
    found = counts(later)
    assert found["27-1-deaths"].number == 1
    assert found["27-7-previous-year-reviewed"].number == 1
    assert found["27-8-previous-year-due-to-problems-prism"].number == 1


@pytest.mark.parametrize(
    ("organisation", "role", "versions"),
    [
        (T1, "provider", {"own", "public"}),
        (T2, "provider", set[str]()),
        (T2, "gp", set[str]()),
        (ICB1, "icb", {"public"}),
        ("X26", "national", {"public"}),
    ],
)
async def test_whose_publications_the_database_shows(
    store: Store, organisation: str, role: str, versions: set[str]
) -> None:
    """With no filter in the query: the reporter is named apart, and one alone."""
    await publish(store, SPRING)

    async def other(connection: Connection) -> list[Publication]:
        return await returns.publish(connection, By(T2, "c"), Q4, SPRING)

    await transact(store.pool, other)
    options = f"-c search_path=registry -c role={READER}"
    with psycopg.connect(store.url, options=options) as connection:
        said = "SELECT set_config('app.organisation', %s, false), set_config('app.role', %s, false)"
        connection.execute(said, (organisation, role))
        every = "SELECT organisation, version FROM published_return"
        assert connection.execute(every).fetchall() == []
        for reporter in (T1, T2, f"{T1},{T2}", "%", ""):
            connection.execute("SELECT set_config('app.reporter', %s, false)", (reporter,))
            rows = connection.execute(every).fetchall()
            assert {row[0] for row in rows} <= {reporter}
            if reporter == T1:
                assert {row[1] for row in rows} == versions
        for table in ("death_for_return", "learning_action"):
            rows = connection.execute(f"SELECT organisation FROM {table}".encode()).fetchall()
            assert {row[0] for row in rows} <= {organisation}


async def test_charts_are_of_the_organisation_itself(store: Store) -> None:
    await tell(store, Sender(T1))

    async def work(connection: Connection):
        return await returns.charts(connection, TRUST, Q4, datetime.now(UTC))

    own = await as_trust(store, work)
    assert [len(chart.series.points) for chart in own] == [16, 24]
    assert [chart.series.values[-1] for chart in own] == [1, 0]
    assert own[1].series.values[-3] == 1
    assert {chart.series.organisation for chart in own} == {TRUST}


async def test_a_public_chart_is_of_published_numbers(store: Store) -> None:
    """None until all of its quarters were published, and then of what was shown of them."""
    quarter, numbers = Q4, list[int]()
    for index in range(returns.CHART_QUARTERS):
        numbers.append(10 + index)
        _add_deaths(store, quarter, 10 + index)
        if index:
            await publish(store, SPRING, quarter)
        quarter = quarter.preceding

    async def charts(connection: Connection):
        last = await publications.of_period(connection, T1, Q4, Version.PUBLIC)
        return await returns.public_charts(connection, last[-1]) if last else None

    assert await as_trust(store, charts) is None
    await publish(store, SPRING)
    drawn = await as_trust(store, charts)
    assert drawn is not None
    assert [chart.series.values for chart in drawn] == [
        tuple((n + 2) // 5 * 5 for n in reversed(numbers))
    ]
    _add_deaths(store, Q4.preceding, 7, "later")
    assert await as_trust(store, charts) == drawn


async def test_an_update_is_made_with_regard_to_what_was_published_before(store: Store) -> None:
    """6 adults, nobody under 18 and 7 of unknown age, 13 together, shown as *, 0, * and 15; then
    6, 8 and 9. A total of 25 beside the first publication would say too much: it is hidden,
    although it would be shown if it were the first."""
    for many, age in ((6, AgeGroup.ADULT), (7, AgeGroup.UNKNOWN)):
        _add_deaths(store, Q4, many, "", age)
    (_, first) = await publish(store, SPRING)
    for many, age in ((8, AgeGroup.UNDER_18), (2, AgeGroup.UNKNOWN)):
        _add_deaths(store, Q4, many, "later", age, since="2026-06-01")
    own, second = await publish(store, SUMMER)
    codes = [f"{p.code}.deaths" for p in (d.ALL_IN_CARE, *d.AGE_GROUPS)]
    assert [counts(first.document)[code].text for code in codes] == ["15", "*", "0", "*"]
    assert [counts(own.document)[code].text for code in codes] == ["23", "6", "8", "9"]
    assert [counts(second.document)[code].text for code in codes] == ["*", "*", "10", "10"]
    assert isinstance(own.document, QuarterlyReturn)
    alone = public_return(own.document)
    assert alone.figure(d.ALL_IN_CARE, d.DEATHS).count.text == "25"
    preview = await now_of(store, Version.PUBLIC, known_at=SUMMER)
    assert counts(preview)["all-in-care.deaths"].text == "*"
    account = await publish(store, SUMMER, YEAR)
    assert counts(account[1].document)["27-1-deaths.q4"].text == "*"


def _add_deaths(
    store: Store,
    quarter: Quarter,
    many: int,
    prefix: str = "",
    age: AgeGroup = AgeGroup.ADULT,
    since: str = "2020-01-01",
) -> None:
    """Deaths in care, known so since a moment."""
    day = quarter.first_day
    with psycopg.connect(store.url, options="-c search_path=registry") as connection:
        row = connection.execute("INSERT INTO cluster DEFAULT VALUES RETURNING id").fetchone()
        assert row is not None
        for index in range(many):
            name = f"{prefix}{quarter}-{age}-{index}"
            content = kept_death.to_json(death(name, day.isoformat(), age=age)).decode()
            connection.execute(
                "INSERT INTO person (id, cluster, key_system, key_value) VALUES (%s, %s, 's', %s)",
                (name, row[0], name),
            )
            connection.execute(
                "INSERT INTO death_for_return VALUES (%s, %s, %s, %s, %s, %s)",
                (T1, name, since, day, day, content),
            )


def test_no_view_shows_returns(store: Store) -> None:
    """A view would be a query that somebody could widen: there is none on these tables, and nobody
    but their writer and reader has a right to them."""
    tables = ("death_for_return", "learning_action", "published_return")
    for table in tables:
        views = store.execute(
            "SELECT viewname FROM pg_views WHERE definition LIKE '%%' || %s || '%%'", (table,)
        )
        assert views == []
        holders = store.execute(
            "SELECT DISTINCT grantee FROM information_schema.role_table_grants"
            " WHERE table_schema = 'registry' AND table_name = %s AND grantee LIKE 'lfd%%'"
            " OR table_schema = 'registry' AND table_name = %s AND grantee = 'PUBLIC'",
            (table, table),
        )
        assert {row[0] for row in holders} == {"lfd_registry", "lfd_registry_writer"}
