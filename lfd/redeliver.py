"""`lfd redeliver`: what was delivered from an instant on goes to the registry once more."""

from __future__ import annotations

from argparse import Namespace

import psycopg

from adapter import database as adapter_database
from adapter import redelivery
from lfd.place import database


def run(chosen: Namespace) -> int:
    """Takes the instant and the adapter's database; hands its messages to the adapter again."""
    with database(chosen) as url:
        adapter_database.prepare(url)
        with psycopg.connect(url) as connection:
            count = redelivery.again(connection, chosen.since)
    print(f"{count} messages delivered since {chosen.since.isoformat()} are delivered again")
    return 0
