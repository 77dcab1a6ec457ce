"""Subscriptions as the registry's database holds them, in every state there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import psycopg

SECRET = "Authorization: Bearer only-the-endpoint-knows"
DAY = timedelta(days=1)


def subscribe(database: str, name: str, organisation: str = "RT1", **said: object) -> str:
    """Adds a subscription, with columns of the table as they are said; returns its id."""
    endpoint = said.pop("endpoint", f"https://{name}.example:8443/told?key=hidden-in-the-path")
    content = {
        "resourceType": "Subscription",
        "criteria": "https://fhir.learning-from-deaths.example/SubscriptionTopic/review-proposed",
        "channel": {"type": "rest-hook", "endpoint": endpoint, "header": [SECRET]},
    }
    row: dict[str, object] = {
        "id": name,
        "client": f"{name}-system",
        "organisation": organisation,
        "role": "provider",
        "is_registered": True,
        "content": json.dumps(content),
        "status": "active",
        "topic": "review-proposed",
        # Nothing delivers it in a test.
        "next_at": datetime.now(UTC) + DAY,
        **said,
    }
    columns = ", ".join(row)
    places = ", ".join(f"%({column})s" for column in row)
    with psycopg.connect(database) as connection:
        connection.execute(
            f"INSERT INTO registry.subscription ({columns}) VALUES ({places})".encode(),
            row,
        )
    return name


def let_wait(database: str, subscription: str, organisation: str, count: int) -> None:
    """Has events wait for a subscription, the oldest for five hours: about reviews that its
    organisation may read."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "WITH made AS (INSERT INTO registry.subscription_event"
            " (at, topic, focus_type, focus_id, focus_version, codes, matched_at)"
            " SELECT now() - make_interval(hours => 5) + make_interval(mins => n::int),"
            " 'review-proposed', 'Task', id, 1, '{}', now() FROM (SELECT id, row_number() OVER () n"
            " FROM registry.readable WHERE organisation = %s AND type = 'Task' LIMIT %s) AS task"
            " RETURNING id)"
            " INSERT INTO registry.subscription_notification"
            " SELECT %s, s.delivered + row_number() OVER (ORDER BY made.id), made.id"
            " FROM made, registry.subscription AS s WHERE s.id = %s",
            [organisation, count, subscription, subscription],
        )


def every_state(database: str) -> None:
    """One subscription of the first trust in each state, and one of the second."""
    now = datetime.now(UTC)
    subscribe(database, "worklist", events=41, delivered=41, contacted_at=now)
    subscribe(
        database, "dashboard", events=7, delivered=4, failures=12, failing_since=now - DAY,
        error="HTTP 401", contacted_at=now - DAY, next_at=now + timedelta(minutes=40),
    )  # fmt: skip
    let_wait(database, "dashboard", "RT1", 3)
    subscribe(database, "archive", status="error", error="no answer (ConnectError)", failures=1)
    subscribe(database, "mailbox", status="requested", endpoint="mesh:X26ABC1")
    subscribe(database, "gone", status="off", error="The client is no longer registered as it was.")
    subscribe(database, "ended", status="off", ends_at=now - DAY, events=2, delivered=2)
    subscribe(database, "neighbour", organisation="RT2")
    subscribe(database, "of-a-board", role="icb", organisation="QX1")
