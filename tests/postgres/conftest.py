"""A data directory for each test, with nothing left running on it afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres.processes import alive, kill, wait_until_gone


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory that doesn't exist yet; its server must stop by itself in the end."""
    path = tmp_path / "data"
    yield path
    try:
        wait_until_gone(path)
    finally:
        kill(alive(path))
