"""The pages of operators and integration engineers: whoever pastes what stands there gets what
the pages say. What cannot run here stands in not_run.py, with the reason."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from postgres.embedded import acquire, ensure_database
from tests.docs.not_run import left_out, to_run
from tests.docs.pages import ROOT
from tests.docs.reader import Reader
from tests.end_to_end.exchange import PATIENCE, free_port

DOCS = ROOT / "docs"
README = ROOT / "README.md"
DOOR = DOCS / "adapter-security.md"
AUDIT = DOCS / "audit.md"
CLUSTER = DOCS / "cluster.md"
FORGETTING = DOCS / "forgetting.md"
HISTORY = DOCS / "load-history.md"
NATION = DOCS / "national-feed.md"
OPERATE = DOCS / "operate.md"
RETURNS = DOCS / "returns.md"
SIMULATION = DOCS / "simulation.md"
SITES = DOCS / "site-files.md"
TOKENS = DOCS / "tokens.md"
STORY = ROOT / "lfd" / "demo" / "story"
DIED = STORY / "02-died-in-hospital.hl7"

pytestmark = pytest.mark.usefixtures("started")


def database(reader: Reader, name: str) -> str:
    """A database of the reader's server, made where it is not there."""
    with acquire(reader.exchange.data) as lease:
        ensure_database(lease.server, name)
        return lease.server.url(name)


def test_the_message_of_the_front_page_is_taken(reader: Reader) -> None:
    (block,) = to_run(README)
    assert reader.follow(block).startswith("MSA|AA|")


def test_a_return_is_a_page_and_rows(reader: Reader) -> None:
    (block,) = to_run(RETURNS)
    rows = list(csv.DictReader(reader.follow(block).splitlines()))
    assert {row["organisation"] for row in rows} == {"ZT1"}
    page = (reader.folder / "return.html").read_text(encoding="utf-8")
    assert "Northmoor Hospitals" in page
    assert "2026-27" in page


def test_the_chain_of_the_audit_record_is_verified(reader: Reader) -> None:
    (reader.folder / "safe").mkdir()
    verify, keep, _ = (block.replace("/safe/", "safe/") for block in to_run(AUDIT))
    for block in (verify, keep):
        assert reader.follow(block).rstrip().splitlines()[-1].startswith("OK")
    assert re.fullmatch(
        r"\d{4}-\d\d \d+ [0-9a-f]{64}\n", (reader.folder / "safe" / "anchors.txt").read_text()
    )


def test_the_roles_are_made_as_the_page_says(reader: Reader) -> None:
    *_, make = to_run(AUDIT)
    with psycopg.connect(database(reader, "lfd")) as connection:
        # They are there. All of this is taken back.
        for role in ("lfd_registry", "lfd_registry_writer"):
            connection.execute(f"ALTER ROLE {role} RENAME TO {role}_aside".encode())
        connection.execute("CREATE ROLE registry LOGIN")
        connection.execute(make.encode())
        member = "SELECT pg_has_role('registry', 'lfd_registry_writer', 'SET')"
        assert connection.execute(member).fetchone() == (True,)
        connection.rollback()


def test_a_cluster_gets_its_databases(reader: Reader) -> None:
    prepare, _ = to_run(CLUSTER)
    url = database(reader, "postgres")
    reader.follow(prepare.replace("psql ", f"psql --quiet '{url}' "))
    with psycopg.connect(url) as connection:
        owned = "SELECT datname FROM pg_database WHERE datname = pg_get_userbyid(datdba)"
        found = {row[0] for row in connection.execute(owned)}
    assert {"adapter", "registry"} <= found


def test_what_is_held_is_printed(reader: Reader) -> None:
    (block,) = to_run(FORGETTING)
    everybody, person = (reader.follow(line) for line in block.splitlines())
    assert "record-of-a-death" in everybody
    assert "9990000018" not in everybody
    assert "as long as the record of the death" in person


def test_a_client_changes_its_key_without_downtime(reader: Reader) -> None:
    (block,) = to_run(TOKENS)
    add, show, remove = block.splitlines()
    make = "openssl ecparam -name secp384r1 -genkey -noout -out surgery-2027.pem"
    reader.follow(f"{make}\nopenssl ec -in surgery-2027.pem -pubout -out surgery-2027.pub.pem")
    (old,) = _keys(reader.follow(show))
    reader.follow(add)
    assert len(_keys(reader.follow(show))) == 2
    shown = shlex.split(remove)[-1]
    reader.follow(remove.replace(shown, old))
    (new,) = _keys(reader.follow(show))
    assert new != old
    token = f"lfd token --client surgery --url {reader.exchange.url} --key"
    assert reader.follow(f"{token} surgery-2027.pem").count(".") == 2
    assert reader.try_out(f"{token} surgery.pem").count(".") != 2
    # As it was before, for whoever reads another page.
    put_back = "lfd client key add surgery --public-key surgery.pub.pem"
    reader.follow(f"{put_back}\nlfd client key remove surgery {new}")


def _keys(listed: str) -> list[str]:
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


@pytest.mark.parametrize("page", [OPERATE, CLUSTER], ids=["one machine", "cluster"])
def test_secrets_are_made_before_docker_is_asked(reader: Reader, page: Path) -> None:
    make, docker = to_run(page)[-1].splitlines()
    assert docker.startswith("docker compose ")
    folder = reader.folder / page.stem
    secrets = folder / "deployment" / "secrets"
    secrets.mkdir(parents=True)
    (folder / make).parent.mkdir(exist_ok=True)
    for script in {make, "deployment/make-secrets"}:
        shutil.copy(ROOT / script, folder / script)
    assert "secrets/" in reader.follow(f"(cd {folder} && {make})")
    assert "postgres-password" in {path.name for path in secrets.iterdir()}


def test_a_site_file_is_drafted_and_tried(reader: Reader) -> None:
    folder = reader.folder / "sample"
    folder.mkdir()
    for message in STORY.glob("*.hl7"):
        if "|PAS|ZT1|" in message.read_text(encoding="utf-8"):
            shutil.copy(message, folder)
    there = len(list(folder.iterdir()))
    guess, convert, unmapped = (block.replace("archive/", "sample/") for block in to_run(SITES))
    reader.follow(guess)
    draft = (reader.folder / "our-site.yaml").read_text(encoding="utf-8")
    assert draft.startswith(f"# Site file drafted from {there} messages")
    assert re.search(rf"^ *{there}  converted", reader.follow(convert), re.MULTILINE)
    reader.follow(unmapped)
    lines = (reader.folder / "unmapped.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == there


def test_history_is_checked_and_loaded(reader: Reader) -> None:
    (block,) = to_run(HISTORY)
    (rows,) = left_out(HISTORY)
    # Not the person of the story, about whom other pages ask.
    (reader.folder / "history").mkdir()
    (reader.folder / "history" / "years.csv").write_text(rows.replace("9990000018", "9990000182"))
    (reader.folder / "zt1.yaml").write_text("organisation: ZT1\n")
    check, load = block.replace("archive/", "history/").splitlines()
    assert re.search(r"1\s+to be delivered", reader.follow(check))
    url = database(reader, "lfd")
    said = reader.follow(load.replace("postgresql://lfd@db/adapter", f"'{url}'"))
    assert re.search(r"1\s+to be delivered", said)
    assert (reader.folder / "problems.ndjson").read_text() == ""
    assert "died" in reader.follow("lfd explain 9990000182")


def test_an_invented_area_is_made_and_scored(reader: Reader) -> None:
    made, asked = to_run(SIMULATION)
    generate, up = made.splitlines()
    # `lfd up` runs already, as the page says.
    assert tuple(up.split()[2:]) == tuple(reader.exchange.options)
    few = re.sub(r"--people \d+", "--people 12", generate)
    assert few != generate
    reader.follow(few)
    *sent_and_registered, score = asked.splitlines()
    reader.follow("\n".join(sent_and_registered))
    said = reader.follow(score)
    (header,) = left_out(SIMULATION)
    assert said.splitlines()[0].split() == header.splitlines()[0].split()
    assert "UNEXPLAINED" not in said


@contextmanager
def running(reader: Reader, command: str, is_ready: Callable[[], bool]) -> Generator[None]:
    """Runs a page's command in a terminal of its own, from when it is ready."""
    words = shlex.split(command.replace("\\\n", " "))
    words[0] = str(reader.folder / ".venv" / "bin" / Path(words[0]).name)
    sources = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = reader.folder / f"{Path(words[0]).name}-{len(list(reader.folder.glob('*.log')))}.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(words, cwd=reader.folder, env=sources, stdout=said, stderr=said) as server,
    ):
        try:
            until = time.monotonic() + PATIENCE
            while not is_ready():
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield
        finally:
            server.terminate()


def answers(folder: Path, *words: str) -> bool:
    """Whether curl gets an answer that is no error."""
    asked = ["curl", "-sf", *words]
    return subprocess.run(asked, cwd=folder, capture_output=True, check=False).returncode == 0


def test_a_registry_reads_the_stand_in_of_the_nation(reader: Reader) -> None:
    prepare, nation, registry = to_run(NATION)
    reader.follow(prepare)
    port, http = free_port(), free_port()
    at, own = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{http}"
    registry = registry.strip().replace("http://127.0.0.1:8090", at)
    registry = registry.replace("postgresql://lfd@db/lfd", f"'{database(reader, 'nation')}'")
    with (
        running(
            reader,
            f"{nation.strip()} --port {port}",
            lambda: answers(reader.folder, f"{at}/stand-in/asked"),
        ),
        running(
            reader,
            f"{registry} --http 127.0.0.1:{http}",
            lambda: answers(reader.folder, f"{own}/readyz"),
        ),
    ):
        changed = '{"status": "U", "died": null}'
        reader.follow(f"curl -sf -X PUT {at}/stand-in/people/9990000018 --data '{changed}'")
        assert "registry_national_waiting" in reader.follow(f"curl -s {own}/metrics")


def adapter_of_the_page(reader: Reader, block: str, mllp: int, http: int) -> str:
    """The page's `lfd adapter` with what its dots stand for."""
    command = block.replace("\\\n", " ").splitlines()[0]
    command = command.replace("0.0.0.0:2575", f"127.0.0.1:{mllp}")
    command = command.replace("0.0.0.0:8443", f"127.0.0.1:{http}")
    where = f"--database '{database(reader, 'door')}' --registry {reader.exchange.url}"
    return command.replace("...", f"{where} --client door --key surgery.pem")


def test_the_door_is_locked_as_the_page_says(reader: Reader) -> None:
    authority, adapters, engines, start, token, post, refused = to_run(DOOR)
    (senders,) = left_out(DOOR)
    for block in (authority, adapters, engines):
        reader.follow(block)
    digest = reader.follow(token).split()[0]
    senders = re.sub(r"sha256: \w+", f"sha256: {digest}", senders)
    (reader.folder / "senders.yaml").write_text(senders, encoding="utf-8")
    mllp, http = free_port(), free_port()
    name = f"adapter.zt1.example:{http}"
    trusted = ("--cacert", "engines-ca.crt", "--resolve", f"{name}:127.0.0.1")
    with running(
        reader,
        adapter_of_the_page(reader, start, mllp, http),
        lambda: answers(reader.folder, *trusted, f"https://{name}/readyz"),
    ):
        dialled = start.splitlines()[-1].replace(
            "adapter.zt1.example:2575", f"127.0.0.1:{mllp} -verify_return_error < /dev/null"
        )
        assert "Verify return code: 0 (ok)" in reader.follow(dialled)
        sending = post.replace("adapter.zt1.example:8443", name)
        sending = sending.replace("curl ", f"curl -s --resolve {name}:127.0.0.1 ")
        message = DIED.read_text(encoding="utf-8")
        for sender, answer in (("ZT2", "MSA|AA|"), ("ZT1", "may not send messages of")):
            theirs = message.replace("|PAS|ZT1|", f"|PAS|{sender}|")
            (reader.folder / "message.hl7").write_text(theirs, encoding="utf-8", newline="")
            assert answer in reader.follow(sending), sender
    url = database(reader, "door")
    listed = reader.follow(refused.replace("postgresql://adapter@db/adapter", f"'{url}'"))
    assert "(1 row)" in listed
    assert "ZT2 by HTTP" in listed
    assert "Winslade" not in listed
