"""A data directory for each test, with nothing left running on it afterwards."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres.directory import DataDirectory
from postgres.socket_directory import clear_socket_directory, remove_socket_directory
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
        remove_socket_litter(path)


def remove_socket_litter(data: Path) -> None:
    """Remove the socket directory that a killed keeper leaves for the next start to use."""
    directory = DataDirectory(data)
    if directory.cluster.exists():
        left = Path(tempfile.gettempdir()) / directory.server_name
        if left.is_dir() and not left.is_symlink():
            clear_socket_directory(left)
            remove_socket_directory(left)
