"""`lfd doctor`: what is wrong is found, said in one line with what to do, and in the exit code."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import psycopg
import psycopg.conninfo
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapter.database import prepare
from lfd.command import main
from lfd.doctor import certificates, databases, disks, network
from lfd.doctor.clocks import skew
from lfd.doctor.finding import Finding, Level
from lfd.endpoint import Endpoint
from lfd.keys import private_key
from tests.registry.conftest import database_url, registry_server

__all__ = ["database_url", "registry_server"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def by_check(found: Iterator[Finding]) -> dict[str, Finding]:
    return {one.check: one for one in found}


def doctor(
    capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, Mapping[str, Mapping[str, str]]]:
    code = main(["doctor", "--json", *words])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, {line["check"]: line for line in lines}


def certificate(path: Path, ends: datetime) -> Path:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "adapter.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - timedelta(days=400))
        .not_valid_after(ends)
        .sign(key, hashes.SHA384())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_database_as_it_should_be(database_url: str) -> None:
    found = by_check(databases.examine(database_url, "registry"))
    assert {one.level for name, one in found.items() if name != "roles"} == {Level.OK}
    assert "up to date" in found["schema"].found
    # The embedded server's own user is one whom policies do not hold back.
    assert found["roles"].level is Level.WARN and "superuser" in found["roles"].found
    assert found["time"].found == "the database and this machine agree"
    assert "disk of the database" in found


def test_a_database_of_an_older_and_of_a_newer_release(database_url: str) -> None:
    schema = by_check(databases.examine(database_url, "adapter"))["schema"]
    assert (schema.level, schema.found) == (Level.WARN, "adapter is not there yet")
    prepare(database_url)
    assert by_check(databases.examine(database_url, "adapter"))["schema"].level is Level.OK
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM adapter.migration WHERE name LIKE '0003%'")
    older = by_check(databases.examine(database_url, "adapter"))["schema"]
    assert older.level is Level.WARN and "0003" in older.found
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO adapter.migration VALUES ('9999_later.sql', '')")
    newer = by_check(databases.examine(database_url, "adapter"))["schema"]
    assert newer.level is Level.FAIL and "9999_later.sql" in newer.found


def test_a_user_who_may_not_work_as_the_roles_is_told_how(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS doctor_test")
        connection.execute("CREATE ROLE doctor_test LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA registry TO doctor_test")
        connection.execute("GRANT SELECT ON registry.migration TO doctor_test")
        try:
            url = psycopg.conninfo.make_conninfo(database_url, user="doctor_test")
            roles = by_check(databases.examine(url, "registry"))["roles"]
        finally:
            connection.execute("DROP OWNED BY doctor_test")
            connection.execute("DROP ROLE doctor_test")
    assert roles.level is Level.FAIL
    assert roles.advice.endswith("GRANT lfd_registry, lfd_registry_writer TO doctor_test")


def test_a_commit_that_is_not_on_disk_fails(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    found = by_check(databases.examine(database_url, "registry"))["durability"]
    assert (found.level, found.found) == (Level.FAIL, "synchronous_commit off")


def test_the_pages_about_a_feed_need_both_schemas_and_somebody_who_signs_people_in(
    capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    code, found = doctor(
        capsys, "feeds", "--database", database_url, "--http", "127.0.0.1:0"
    )  # fmt: skip
    assert code == 1
    assert "--oidc-issuer is missing" in found["console"]["found"]
    assert found["schema registry"]["level"] == "OK"
    assert found["schema adapter"]["found"] == "adapter is not there yet"
    assert found["schema adapter"]["advice"] == "`lfd feeds` makes it when it starts"
    assert "roles" in found


def test_a_collector_of_traces_that_is_away(
    capsys: pytest.CaptureFixture[str], database_url: str, closed_port: int
) -> None:
    code, found = doctor(
        capsys, "registry", "--database", database_url, "--http", "127.0.0.1:0",
        "--traces", f"http://127.0.0.1:{closed_port}/",
    )  # fmt: skip
    assert code == 1
    assert "does not answer" in found["traces"]["found"]


def test_a_database_that_is_away_is_the_only_thing_said_of_it(
    capsys: pytest.CaptureFixture[str], closed_port: int
) -> None:
    url = f"postgresql://127.0.0.1:{closed_port}/lfd"
    code, found = doctor(capsys, "registry", "--database", url, "--http", "127.0.0.1:0")
    assert code == 1
    assert found["database"]["level"] == "FAIL"
    assert "Connection refused" in found["database"]["found"]
    assert "schema" not in found and "roles" not in found
    assert found["settings"]["level"] == "OK"


def test_settings_that_cannot_be_read_are_the_first_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, found = doctor(capsys, "registry", "--http", "nonsense")
    assert code == 1
    assert found["settings"]["found"] == (
        "argument --http: 'nonsense' is not HOST:PORT, like 127.0.0.1:2575"
    )
    assert main(["doctor", "harbour"]) == 1
    assert "what is to be examined?" in capsys.readouterr().err


def test_an_adapter_whose_files_are_wrong_and_whose_registry_is_away(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str, closed_port: int
) -> None:
    site, key = tmp_path / "site.yaml", tmp_path / "key.pem"
    site.write_text("no-such-key: 1\n")
    private_key(key)
    key.chmod(0o644)
    ended = certificate(tmp_path / "adapter.crt", datetime.now(UTC) - timedelta(days=1))
    code, found = doctor(
        capsys, "adapter", "--database", database_url, "--client", "zt1", "--key", str(key),
        "--registry", f"http://127.0.0.1:{closed_port}", "--site", str(site),
        "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--tls-cert", str(ended),
    )  # fmt: skip
    assert code == 1
    levels = {check: line["level"] for check, line in found.items()}
    assert levels["--site"] == levels["registry"] == levels["access token"] == "FAIL"
    assert levels["senders and TLS"] == "FAIL"
    assert (
        found["senders and TLS"]["found"] == "--tls-cert and --tls-key belong together: give both"
    )
    assert levels["--tls-cert"] == "FAIL" and "it has ended" in found["--tls-cert"]["found"]
    assert levels["--key"] == "WARN" and found["--key"]["advice"] == f"chmod 600 {key}"
    assert levels["mllp"] == levels["http"] == "OK"


def test_certificates_are_warned_of_before_they_end(tmp_path: Path) -> None:
    path = certificate(tmp_path / "c.pem", NOW + timedelta(days=20))
    assert certificates.expiry("--tls-cert", path, 30, NOW).level is Level.WARN
    assert certificates.expiry("--tls-cert", path, 10, NOW).level is Level.OK
    late = NOW + timedelta(days=21)
    assert certificates.expiry("--tls-cert", path, 10, late).level is Level.FAIL
    path.write_text("nothing")
    assert certificates.expiry("--tls-cert", path, 10, NOW).level is Level.FAIL
    assert certificates.expiry("--tls-cert", tmp_path / "none", 10, NOW).level is Level.FAIL


@pytest.mark.parametrize(
    ("ahead", "level"),
    [(0, Level.OK), (1.5, Level.OK), (-1.5, Level.OK), (5, Level.WARN), (-5, Level.WARN),
     (31, Level.FAIL), (-31, Level.FAIL)],
)  # fmt: skip
def test_clocks_that_differ(ahead: float, level: Level) -> None:
    found = skew("the database", NOW + timedelta(seconds=ahead), NOW, NOW)
    assert found.level is level
    if level is not Level.OK:
        said = f"{abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
        assert found.found == f"the database is {said}"


def test_the_time_that_the_question_took_is_no_difference() -> None:
    slow = skew("it", NOW + timedelta(seconds=50), NOW, NOW + timedelta(seconds=60))
    assert slow.level is Level.OK


def test_backups_count_when_they_are_new_and_not_empty(tmp_path: Path) -> None:
    assert disks.backups(tmp_path / "none", 26).level is Level.FAIL
    assert disks.backups(tmp_path, 26).level is Level.FAIL
    empty = tmp_path / "today" / "empty.tar"
    empty.parent.mkdir()
    empty.touch()
    assert disks.backups(tmp_path, 26).found.startswith("there is none")
    old = tmp_path / "old.tar"
    old.write_text("x")
    at = time.time() - 30 * 3600
    os.utime(old, (at, at))
    assert disks.backups(tmp_path, 26).level is Level.FAIL
    assert disks.backups(tmp_path, 31).level is Level.OK
    empty.write_text("x")
    assert disks.backups(tmp_path, 26).level is Level.OK


def test_room_on_a_disk() -> None:
    gib = 1024**3
    assert disks.judged("disk", 50 * gib, 100 * gib).level is Level.OK
    assert disks.judged("disk", 5 * gib, 100 * gib).level is Level.WARN
    assert disks.judged("disk", gib // 2, 100 * gib).level is Level.FAIL


def test_an_address_that_is_not_ours_cannot_be_listened_on() -> None:
    assert network.listening("mllp", Endpoint("192.0.2.1", 2575)).level is Level.FAIL


def test_an_http_port_that_something_else_holds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = Endpoint("127.0.0.1", int(other.getsockname()[1]))
        other.listen()
        # It accepts, and is closed before it answers.
        found = _while_it_hangs_up(other, where)
    assert found.level is Level.FAIL and "taken by something else" in found.found


def _while_it_hangs_up(other: socket.socket, where: Endpoint) -> Finding:
    def hang_up() -> None:
        for _ in range(3):
            other.accept()[0].close()

    thread = Thread(target=hang_up, daemon=True)
    thread.start()
    found = network.listening("http", where)
    thread.join(10)
    return found
