"""`lfd quarantine`: what waits for a person, why, and another try."""

from __future__ import annotations

import sys
from argparse import Namespace

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapter import database as adapter_database
from adapter import quarantine
from adapter.quarantine import NotQuarantined, Quarantined
from lfd.failure import Failure
from lfd.place import database
from lfd.reading import read_bytes
from nhs.london_time import LONDON

PAGE = 1000


def run(chosen: Namespace) -> int:
    """Takes the action and its ids; does it."""
    actions = {"list": _list, "show": _show, "release": _release}
    with database(chosen) as url:
        adapter_database.prepare(url)
        with psycopg.connect(url) as connection:
            actions[chosen.action](connection, chosen)
    return 0


def _everything(connection: Connection[TupleRow]) -> list[Quarantined]:
    found: list[Quarantined] = []
    while page := quarantine.messages(connection, found[-1].id if found else 0, PAGE):
        found += page
    return found


def _list(connection: Connection[TupleRow], _: Namespace) -> None:
    found = _everything(connection)
    for message in found:
        print(_line(message))
    if not found:
        print("nothing is in quarantine")


def _line(message: Quarantined) -> str:
    where = f" at {message.location}" if message.location else ""
    received_at = message.received_at.astimezone(LONDON)
    return (
        f"{message.id}\t{received_at:%Y-%m-%d %H:%M}\t{message.organisation or '-'}\t"
        f"{message.trigger or '-'}\t{message.control_id or '-'}\t"
        f"{message.code}{where}: {message.text}"
    )


def _show(connection: Connection[TupleRow], chosen: Namespace) -> None:
    try:
        message = quarantine.show(connection, chosen.id)
    except NotQuarantined as error:
        raise Failure(f"message {error} is not in quarantine") from error
    content = message.raw if message.corrected is None else message.corrected
    if chosen.raw:
        sys.stdout.buffer.write(message.raw)
        return
    print(_line(message))
    if message.releases:
        print(f"released {message.releases} times before")
    print(content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))


def _release(connection: Connection[TupleRow], chosen: Namespace) -> None:
    corrected = read_bytes(chosen.corrected) if chosen.corrected else None
    ids = [m.id for m in _everything(connection)] if chosen.all else chosen.ids
    if corrected is not None and (chosen.all or len(ids) != 1):
        raise Failure("--corrected is for one ID")
    if not ids and not chosen.all:
        raise Failure("name the messages to release, or --all")
    for done, message_id in enumerate(ids):
        try:
            quarantine.release(connection, message_id, corrected)
        except NotQuarantined as error:
            before = f"; {done} named before it released, none after it" if done else ""
            raise Failure(f"message {message_id} is not in quarantine{before}") from error
    print(f"{len(ids)} released")
