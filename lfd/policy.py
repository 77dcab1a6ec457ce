"""`lfd policy load`: an organisation's own learning-from-deaths policy."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from pathlib import Path

from lfd.failure import Failure
from lfd.place import database
from registry import database as registry_database
from registry.policy import loading, reading
from registry.policy.loading import UnknownOrganisation
from registry.service import recompute_mentioning
from registry.settings import RegistrySettings
from yaml_source import SourceError


def run(chosen: Namespace) -> int:
    """Takes a policy file and the place; keeps the policy, recomputes what depends on it, says what
    happened."""
    path = Path(chosen.file)
    try:
        policy = reading.read(path)
    except SourceError as error:
        raise Failure(f"nothing was loaded: {error}") from error
    with database(chosen, makes=True) as url:
        registry_database.prepare(url)
        with registry_database.connect(url) as connection:
            try:
                is_new = loading.load(connection, policy, path.read_text(encoding="utf-8"))
            except UnknownOrganisation as error:
                raise Failure(f"nothing was loaded: {error}") from error
        codes = {policy.organisation} if is_new else set[str]()
        persons = asyncio.run(recompute_mentioning(RegistrySettings(url, base_url=""), codes))
    print(
        f"policy of {policy.organisation} from {policy.begins}: "
        + ("loaded" if is_new else "held already")
        + (f"; {persons} records brought up to date" if persons else "")
    )
    return 0
