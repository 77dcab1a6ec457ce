"""`lfd organisation load`: the directory of organisations from CSV."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from lfd.failure import Failure
from lfd.place import database
from lfd.reading import read_bytes
from registry import database as registry_database
from registry.directory import loading, reading
from registry.directory.loading import Loaded
from registry.directory.problem import DirectoryFileError
from registry.directory.references import DirectoryError
from registry.service import recompute_mentioning
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes the file and the place; loads, recomputes what depends on it, says what happened."""
    try:
        file = reading.read(str(chosen.file), read_bytes(chosen.file))
    except DirectoryFileError as error:
        raise Failure(f"nothing was loaded:\n{error}") from error
    with database(chosen, makes=True) as url:
        registry_database.prepare(url)
        loaded = _load(url, file)
        settings = RegistrySettings(url, base_url="")
        persons = asyncio.run(recompute_mentioning(settings, loaded.changed_codes))
    print(
        f"{loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged"
        + (f"; {persons} records brought up to date" if persons else "")
    )
    for column in file.ignored_columns:
        print(f"note: the column {column!r} means nothing here and was passed over")
    return 0


def _load(url: str, file: reading.DirectoryFile) -> Loaded:
    with registry_database.connect(url) as connection:
        try:
            return loading.load(connection, file.organisations)
        except DirectoryError as error:
            raise Failure(f"nothing was loaded: {error}") from error
