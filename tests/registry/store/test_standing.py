"""How the registry's work stands, in numbers: reviews by route, what is overdue, and the queues."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from prometheus_client import CollectorRegistry

from nhs.london_time import london_date
from registry.core.decision import Step
from registry.metrics import StandingMetrics
from registry.store.standing import Reviews, Standing, standing
from tests.registry.core.stating import T1, Sender
from tests.registry.store.conftest import Store

ROUTE = "case-record-review"


async def look(store: Store, today: date) -> Standing:
    async with store.pool.connection() as connection:
        return await standing(connection, today)


async def test_a_review_is_open_and_then_overdue_by_its_route(store: Store) -> None:
    today = london_date(datetime.now(UTC))
    before = await look(store, today)
    assert before.reviews == () and before.stale_clusters == 0 and before.untold_overdue == 0
    t1 = Sender()
    await store.tell(
        t1.admits("2026-01-05"), t1.discharges("2026-01-10", method="4", died="2026-01-10")
    )
    (proposed,) = [one for one in (await look(store, today)).reviews if one.route == ROUTE]
    assert (proposed.status, proposed.open, proposed.overdue) == ("requested", 1, 0)
    due = date.fromisoformat((await store.review())["restriction"]["period"]["end"])
    (on_time,) = [one for one in (await look(store, due)).reviews if one.route == ROUTE]
    assert on_time.overdue == 0
    late = await look(store, due + timedelta(days=1))
    assert [one.overdue for one in late.reviews if one.route == ROUTE] == [1]
    # The clock has until the end of the day on which it finds it.
    assert late.untold_overdue == 0
    assert (await look(store, due + timedelta(days=2))).untold_overdue >= 1
    await store.clock(due + timedelta(days=1))
    assert (await look(store, due + timedelta(days=2))).untold_overdue == 0


async def test_an_accepted_review_counts_under_its_new_status(store: Store) -> None:
    t1 = Sender()
    await store.tell(
        t1.admits("2026-01-05"), t1.discharges("2026-01-10", method="4", died="2026-01-10")
    )
    await store.decide(Step.ACCEPT, T1)
    found = (await look(store, london_date(datetime.now(UTC)))).reviews
    assert {(one.route, one.status) for one in found if one.route == ROUTE} == {(ROUTE, "accepted")}


async def test_queues_and_ages_are_those_of_the_tables(store: Store) -> None:
    store.execute("INSERT INTO stale_cluster (cluster) VALUES (7), (8)")
    store.execute(
        "INSERT INTO audit_unsealed (number, at)"
        " VALUES (1, now() - interval '90 seconds'), (2, now())"
    )
    store.execute(
        "INSERT INTO subscription (id, client, organisation, role, is_registered, content, status,"
        " topic, events, delivered) VALUES ('s', 'c', 'RT1', 'provider', false, '{}', 'active',"
        " 't', 3, 1), ('off', 'c', 'RT1', 'provider', false, '{}', 'off', 't', 9, 0)"
    )
    for number, minutes in ((1, 60), (2, 5), (3, 1)):
        store.execute(
            "WITH e AS (INSERT INTO subscription_event (at, topic, focus_type, focus_id,"
            " focus_version, codes, matched_at) VALUES (now() - %s * interval '1 minute', 't',"
            " 'Task', 'x', 1, '{}', now()) RETURNING id)"
            " INSERT INTO subscription_notification SELECT 's', %s, id FROM e",
            (minutes, number),
        )
    store.execute(
        "INSERT INTO subscription_event (at, topic, focus_type, focus_id, focus_version, codes)"
        " VALUES (now() - interval '30 seconds', 't', 'Task', 'x', 1, '{}')"
    )
    store.execute(
        "INSERT INTO export_job (id, client, role, request, types, expires_at, created_at, failed)"
        " VALUES (repeat('a', 32), 'c', 'icb', '', '{Task}', now() + interval '1 day',"
        " now() - interval '2 minutes', NULL), (repeat('b', 32), 'c', 'icb', '', '{Task}',"
        " now() + interval '1 day', now(), 'no room'), (repeat('c', 32), 'c', 'icb', '', '{Task}',"
        " now() - interval '1 day', now() - interval '3 days', NULL)"
    )
    now = await look(store, london_date(datetime.now(UTC)))
    assert (now.stale_clusters, now.unsealed, now.unmatched) == (2, 2, 1)
    assert 90 <= now.unsealed_seconds < 150
    assert 30 <= now.unmatched_seconds < 90
    assert (now.exports_waiting, now.exports_failed) == (1, 1)
    assert 120 <= now.exports_seconds < 180
    by_status = {one.status: one for one in now.subscribed}
    assert (by_status["active"].subscriptions, by_status["active"].undelivered) == (1, 2)
    # The first event it has not taken is the one of five minutes ago.
    assert 300 <= by_status["active"].oldest_seconds < 360
    assert by_status["off"].oldest_seconds == 0

    shown = CollectorRegistry()
    metrics = StandingMetrics(shown)
    metrics.show(now, 1000.0)
    get = shown.get_sample_value
    assert get("registry_subscription_events_undelivered", {"status": "active"}) == 2
    assert get("registry_export_jobs", {"state": "failed"}) == 1
    assert get("registry_recomputations_waiting") == 2
    assert get("registry_standing_timestamp_seconds") == 1000.0


def test_what_is_gone_is_no_longer_shown() -> None:
    shown = CollectorRegistry()
    metrics = StandingMetrics(shown)
    nothing = Standing((), (), 0, 0, 0, 0.0, 0, 0.0, 0, 0, 0.0)
    two = (Reviews("leder", "requested", 3, 1), Reviews("leder", "accepted", 2, 2))
    metrics.show(Standing(two, *(nothing.subscribed, 0, 0, 0, 0.0, 0, 0.0, 0, 0, 0.0)), 1.0)
    assert shown.get_sample_value("registry_reviews_overdue", {"route": "leder"}) == 3
    metrics.show(nothing, 2.0)
    assert shown.get_sample_value("registry_reviews_overdue", {"route": "leder"}) is None
