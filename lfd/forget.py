"""`lfd forget`: erases what is no longer needed of the living, or says what would go."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from lfd.place import database
from registry import data_protection
from registry import database as registry_database
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes the place and whether only to say what would go; prints counts by source."""
    with database(chosen) as url:
        registry_database.prepare(url)
        settings = RegistrySettings(url, base_url="")
        work = data_protection.would_go if chosen.dry_run else data_protection.forget
        batch = asyncio.run(work(settings))
    would = "would be " if chosen.dry_run else ""
    for source, went in sorted(batch.went.items()):
        print(f"{source}: {went.erased} {would}erased, {went.reduced} {would}reduced")
    if not batch.went:
        print("nothing is due to be forgotten")
    return 0
