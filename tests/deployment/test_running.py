"""The commands of docker-compose.yml run: one death goes in by MLLP, and both registries tell the
same of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest

from lfd.keys import private_key, public_key
from nhs import addresses
from postgres.embedded import acquire
from tests.deployment.stack import Stack, nginx_program

# The NHS number of a test patient that NHS England publishes; the registries of the compose file
# are production's and let no 999 number identify anybody.
NUMBER = "9000000009"
DEATH = (
    "MSH|^~\\&|PAS|ZT1|LFD|REG|20260314085500||ADT^A03^ADT_A03|C0001|P|2.4\r"
    "EVN|A03|20260314085500\r"
    f"PID|1||{NUMBER}^^^NHS^NH~H123^^^ZT1^MR||EXAMPLE^Rose||19410203|F\r"
    "PD1|||EXAMPLE SURGERY^^Z99901\r"
    "PV1|1|I|W1|21||||||300|||||||||V0001|||||||||||||||||4|79|||||||20260301101500|20260314085500\r"
)
SEARCH = f"/fhir/Task?patient.identifier={addresses.NHS_NUMBER}|{NUMBER}&_include=Task:owner"

# The stand-in for nginx has no rules of its own.
ONLY_WITH_NGINX = pytest.mark.parametrize("stack", ["nginx"], indirect=True)


@pytest.fixture(scope="module", params=["round-robin", "nginx"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Everything that the compose file starts, started in its order, with one death sent."""
    proxy = cast(str, request.param)
    program = nginx_program() if proxy == "nginx" else proxy
    if program is None:
        pytest.skip("nginx is not installed; its stand-in is tested")
    directory = tmp_path_factory.mktemp(proxy)
    with acquire(directory / "postgres") as lease:
        stack = Stack(directory, lease.server)
        try:
            _start(stack, program)
            _send_a_death(stack)
            yield stack
        finally:
            stack.close()


def _start(stack: Stack, program: str) -> None:
    stack.run("load-organisations")
    stack.run("register-adapter")
    _register(stack, "surgery", "Z99901", "gp")
    _register(stack, "trust", "ZT1", "provider")
    for service in ("registry-1", "registry-2"):
        stack.start(service)
    stack.start_proxy(program)
    stack.start("adapter")


def _register(stack: Stack, client: str, organisation: str, role: str) -> None:
    key = stack.directory / f"{client}.pem"
    public = stack.directory / f"{client}.pub.pem"
    public.write_text(public_key(private_key(key)))
    where = stack.run_words("register-adapter", "--database")
    options = ["--organisation", organisation, "--role", role, "--public-key", str(public)]
    stack.lfd("client", "add", client, *options, "--database", where)


def _send_a_death(stack: Stack) -> None:
    message = stack.directory / "death.hl7"
    message.write_text(DEATH)
    answer = stack.lfd("send", str(message), "--to", f"127.0.0.1:{stack.mllp}")
    assert answer.startswith("MSA|AA|C0001")
    deadline = time.monotonic() + 30
    while not _ask(stack, "proxy", "surgery").get("entry"):
        assert time.monotonic() < deadline, stack.log("adapter") + stack.log("registry-1")
        time.sleep(0.2)


def _headers(stack: Stack, client: str, source: str) -> dict[str, str]:
    """An access token for the client, got from that service."""
    key = stack.directory / f"{client}.pem"
    token = stack.lfd(
        "token", "--client", client, "--key", str(key), "--url", stack.address(source)
    )
    return {"Authorization": f"Bearer {token.strip()}"}


def _ask(stack: Stack, service: str, client: str, source: str = "proxy") -> dict[str, Any]:
    headers = _headers(stack, client, source)
    answer = httpx.get(stack.address(service) + SEARCH, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_both_registries_tell_the_same_for_a_token_of_one(stack: Stack) -> None:
    headers = _headers(stack, "surgery", "registry-1")
    one, other = (
        httpx.get(stack.address(registry) + SEARCH, headers=headers).json()
        for registry in ("registry-1", "registry-2")
    )
    assert one["entry"] == other["entry"]
    task, owner = (entry["resource"] for entry in one["entry"])
    assert task["status"] == "requested"
    assert task["owner"]["identifier"]["value"] == "ZT1"
    assert owner["name"] == "Example Hospitals NHS Trust"


def test_a_lead_accepted_at_one_is_seen_at_the_other(stack: Stack) -> None:
    headers = _headers(stack, "trust", "registry-2")
    with httpx.Client(headers=headers) as http:
        found = http.get(stack.address("registry-1") + SEARCH).json()["entry"][0]["resource"]
        accepted = http.put(
            f"{stack.address('registry-1')}/fhir/Task/{found['id']}",
            json={**found, "status": "accepted"},
            headers={"If-Match": f'W/"{found["meta"]["versionId"]}"'}
            | {"Content-Type": "application/fhir+json"},
        )
        assert accepted.status_code == 200, accepted.text
        seen = http.get(f"{stack.address('registry-2')}/fhir/Task/{found['id']}").json()
    assert seen["status"] == "accepted"


def test_the_proxy_goes_on_with_one_registry(stack: Stack) -> None:
    before = _ask(stack, "proxy", "surgery")["entry"]
    assert stack.stop("registry-1") == 0
    try:
        assert all(_ask(stack, "proxy", "surgery")["entry"] == before for _ in range(4))
    finally:
        stack.start("registry-1")


def test_request_ids_come_back_through_the_proxy(stack: Stack) -> None:
    name = "6c8b3a52-8a9d-4b8a-9d9e-5e1a7d1f2c3b"
    answer = httpx.get(f"{stack.url}/fhir/metadata", headers={"X-Request-ID": name})
    assert answer.headers["X-Request-ID"] == name


def test_no_process_writes_personal_data_to_its_log(stack: Stack) -> None:
    logs = {path.name: path.read_text() for path in stack.directory.glob("*.log")}
    assert {"adapter.log", "proxy.log", "registry-1.log", "registry-2.log"} <= logs.keys()
    for name, text in logs.items():
        for personal in (NUMBER, "H123", "EXAMPLE^", "Rose"):
            assert personal not in text, name


@ONLY_WITH_NGINX
@pytest.mark.parametrize("path", ["/metrics", "/hl7v2", "/somewhere"])
def test_nginx_lets_through_only_what_is_public(stack: Stack, path: str) -> None:
    assert httpx.get(stack.url + path).status_code == 404


@ONLY_WITH_NGINX
def test_nginx_refuses_a_body_too_long_in_words_of_fhir(stack: Stack) -> None:
    answer = httpx.post(f"{stack.url}/fhir/$process-message", content=b" " * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["resourceType"] == "OperationOutcome"


@ONLY_WITH_NGINX
def test_nginx_without_registries_says_so_and_logs_no_query(stack: Stack) -> None:
    headers = _headers(stack, "surgery", "proxy")
    stack.stop("registry-1")
    stack.stop("registry-2")
    try:
        answer = httpx.get(stack.url + SEARCH, headers=headers)
        httpx.get(f"{stack.url}/fhir/Patient/{NUMBER}", headers=headers)
    finally:
        stack.start("registry-1")
        stack.start("registry-2")
    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert '"asked_for":"/fhir/Task","status":"503"' in stack.log("proxy")
    assert NUMBER not in stack.log("proxy")


def test_everything_stops_when_told(stack: Stack) -> None:
    for service in ("adapter", "registry-2", "registry-1"):
        assert stack.stop(service) == 0, stack.log(service)
