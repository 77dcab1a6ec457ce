"""One running exchange for all scenarios; each tells its story of people of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.exchange import Exchange


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    running = Exchange(tmp_path_factory.mktemp("exchange") / "data")
    running.start()
    running.load_directory()
    yield running
    assert running.stop() == 0, running.log()
