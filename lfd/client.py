"""`lfd client add`: registers an API client."""

from __future__ import annotations

from argparse import Namespace

from lfd.failure import Failure
from lfd.place import database
from lfd.reading import read_text
from registry import database as registry_database
from registry.access import clients
from registry.access.clients import ClientError


def run(chosen: Namespace) -> int:
    """Takes id, organisation, role and public key; registers the client."""
    key = read_text(chosen.public_key)
    with database(chosen) as url:
        registry_database.prepare(url)
        with registry_database.connect(url) as connection:
            try:
                done = clients.add(connection, chosen.id, chosen.organisation, chosen.role, key)
            except ClientError as error:
                raise Failure(f"client {chosen.id} was not added: {error}") from error
            if not clients.knows_organisation(connection, chosen.organisation):
                print(
                    f"note: {chosen.organisation} is not in the directory yet; "
                    "load it with `lfd organisation load`"
                )
    print(f"{done} {chosen.id} for {chosen.organisation} as {chosen.role}")
    return 0
