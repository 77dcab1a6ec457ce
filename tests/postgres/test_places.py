"""Data directories in awkward places, and a socket directory that somebody made first."""

import tempfile
from pathlib import Path

import pytest

from postgres.embedded import acquire
from tests.postgres.processes import query, wait_until_gone


@pytest.mark.parametrize("name", ["x" * 100 + "/" + "y" * 100, 'it\'s a "folder" – ü %20 $HOME'])
def test_long_and_odd_paths(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    for _ in range(2):
        with acquire(data) as lease:
            query(lease.server.url("postgres"), "SELECT 1")
    wait_until_gone(data)


def test_a_link_leads_to_the_same_server(data: Path, tmp_path: Path) -> None:
    with acquire(data) as lease:
        (tmp_path / "link").symlink_to(data)
        with acquire(tmp_path / "link") as other:
            assert other.server == lease.server


def test_a_socket_directory_of_somebody_else_is_not_used(data: Path) -> None:
    with acquire(data) as lease:
        usual = lease.server.socket_directory
    wait_until_gone(data)
    usual.mkdir()
    usual.chmod(0o777)
    try:
        with acquire(data) as lease:
            assert lease.server.socket_directory != usual
            query(lease.server.url("postgres"), "SELECT 1")
    finally:
        usual.rmdir()


def test_a_link_in_place_of_the_socket_directory_is_not_followed(
    data: Path, tmp_path: Path
) -> None:
    with acquire(data) as lease:
        usual = lease.server.socket_directory
    wait_until_gone(data)
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o700)
    usual.symlink_to(trap)
    owner = trap.stat().st_uid
    try:
        with acquire(data) as lease:
            assert lease.server.socket_directory != usual
        assert (trap.stat().st_uid, list(trap.iterdir())) == (owner, [])
    finally:
        usual.unlink()


def test_a_temporary_directory_with_a_long_name_is_passed_over(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("z" * 90)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    with acquire(data) as lease:
        assert not lease.server.socket_directory.is_relative_to(long)
        assert lease.server.socket_directory.is_relative_to(tempfile.gettempdir())
