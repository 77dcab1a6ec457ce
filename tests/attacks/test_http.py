"""HTTP itself abused: smuggled requests, floods of headers, overridden methods, crossed origins,
paths that climb, and addresses that are not ours."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.attacks.target import FHIR, PATIENCE, Target

SMUGGLED = b"GET /healthz?smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ALIVE = b'{"alive":true}'


def post(*headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join(["POST /oauth2/token HTTP/1.1", "Host: x", *headers])
    return head.encode() + b"\r\n\r\n" + body


AMBIGUOUS = {
    "length and chunks": post(
        "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks and length": post(
        "Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "two lengths": post("Content-Length: 0", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED),
    "two lengths in one": post(f"Content-Length: 0, {len(SMUGGLED)}", body=SMUGGLED),
    "signed length": post("Content-Length: +0", body=SMUGGLED),
    "negative length": post("Content-Length: -1", body=SMUGGLED),
    "length in hexadecimal": post("Content-Length: 0x0", body=SMUGGLED),
    "endless length": post("Content-Length: 99999999999999999999999", body=SMUGGLED),
    "coding that is not chunked": post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked and something": post(
        "Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "blank before the colon": post("Content-Length : 0", body=SMUGGLED),
    "blank in the name": post("Content Length: 0", body=SMUGGLED),
    "name with NUL": post("Content-Length\0: 0", body=SMUGGLED),
    "value with NUL": post("X: a\0b", "Content-Length: 0", body=SMUGGLED),
    "value with CR": post(
        f"X: a\rContent-Length: {len(SMUGGLED)}", "Content-Length: 0", body=SMUGGLED
    ),
    "chunk size that is none": post("Transfer-Encoding: chunked", body=b"Z\r\n\r\n" + SMUGGLED),
    "chunk size that overflows": post(
        "Transfer-Encoding: chunked", body=b"F" * 17 + b"\r\nx\r\n0\r\n\r\n" + SMUGGLED
    ),
    "chunk longer than said": post(
        "Transfer-Encoding: chunked", body=b"1\r\nxyz\r\n0\r\n\r\n" + SMUGGLED
    ),
    "no version": b"GET /nowhere\r\n\r\n" + SMUGGLED,
    "another version": b"GET /nowhere HTTP/9.9\r\nHost: x\r\n\r\n" + SMUGGLED,
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED,
    "tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_requests_that_two_readers_read_differently(target: Target, name: str) -> None:
    answer = target.said_to(AMBIGUOUS[name], silence=2)
    assert ALIVE not in answer, "the second request was taken as one of its own"
    assert answer == b"" or answer.split(b" ", 2)[1] in (b"400", b"404", b"405", b"501"), answer
    assert answer.count(b"HTTP/1.1 ") <= 1


def test_two_proper_requests_are_two(target: Target) -> None:
    """Without this the test above would show nothing."""
    answer = target.said_to(post("Content-Length: 0") + SMUGGLED)
    assert answer.count(b"HTTP/1.1 ") == 2
    assert ALIVE in answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 5_000_000,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500_000,
        b"GET /" + b"x" * 3_000_000,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /healthz?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["endless header", "endless headers", "endless address", "long header", "long address"],
)
def test_floods_of_headers(target: Target, head: bytes) -> None:
    try:
        answer = target.said_to(head, silence=20)
    except (BrokenPipeError, ConnectionResetError):
        return  # it closed while we still sent
    assert ALIVE not in answer
    assert answer == b"" or answer.split(b" ", 2)[1] in (b"431", b"400", b"414"), answer[:200]


def test_many_small_headers_are_let_be(target: Target) -> None:
    sent = (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"Connection: close\r\n\r\n"
    )
    assert ALIVE in target.said_to(sent)


OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]


@pytest.mark.parametrize("name", OVERRIDES)
def test_methods_are_not_overridden(target: Target, name: str) -> None:
    address = f"/Task/{target.case['id']}"
    cancelled = {**target.case, "status": "cancelled"}
    with target.client("RT1") as client:
        for method in ("PUT", "DELETE", "PATCH"):
            headers = FHIR | {name: method, "If-Match": 'W/"1"'}
            assert client.get(address, headers=headers).json() == target.case
            assert client.get(f"{address}?{name}={method}").status_code in (200, 400)
            answer = client.post(address, json=cancelled, headers=headers)
            assert answer.status_code in (404, 405), answer.text


@pytest.mark.parametrize("method", ["DELETE", "TRACE", "TRACK", "CONNECT", "PROPFIND", "MOVE", "X"])
def test_methods_that_are_not_offered(target: Target, method: str) -> None:
    with target.client("RT1") as client:
        token = client.headers["authorization"]
        answer = client.request(method, f"/Task/{target.case['id']}")
    assert answer.status_code in (400, 404, 405, 501), answer.text
    assert token not in answer.text


def test_trace_repeats_nothing(target: Target) -> None:
    """What TRACE sends back would be the token."""
    answer = target.said_to(
        b"TRACE / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer marked\r\nConnection: close\r\n\r\n"
    )
    assert b"marked" not in answer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Original-URL", "/metrics"),
        ("X-Rewrite-URL", "/metrics"),
        ("X-Forwarded-Prefix", "/metrics"),
        ("X-Forwarded-Host", "attacker.example"),
        ("Forwarded", "host=attacker.example;proto=https"),
        ("Host", "attacker.example"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "javascript"),
    ],
)
def test_headers_of_proxies_change_nothing(target: Target, name: str, value: str) -> None:
    """Addresses that we give out are those of the setting, whatever a client says it came by."""
    with target.client("RT1") as client:
        answer = client.get("/Task", headers={name: value})
        told = httpx.get(
            f"{target.exchange.url}/.well-known/smart-configuration", headers={name: value}
        )
    assert answer.status_code == 200
    assert answer.json()["entry"][0]["resource"] == target.case
    for said in (answer, told):
        assert "attacker.example" not in said.text
        assert "javascript" not in said.text
        assert "attacker.example" not in str(said.headers)
    assert told.json()["token_endpoint"] == target.token_url


CLIMBING = [
    "/fhir/../../../../etc/passwd",
    "/fhir/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/fhir/..%2f..%2f..%2fetc%2fpasswd",
    "/fhir/..%5c..%5cetc%5cpasswd",
    "/fhir/%252e%252e%252fetc%252fpasswd",
    "/fhir/Task/..%2f..%2f..%2fetc%2fpasswd",
    "/fhir/Task/%00/etc/passwd",
    "/fhir//etc/passwd",
    "//etc/passwd",
    "/..;/etc/passwd",
    "/static/../../../../etc/passwd",
    "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/.git/config",
    "/.env",
    "/registry/settings.py",
    "/keys/adapter.pem",
    "file:///etc/passwd",
    "http://127.0.0.1:1/etc/passwd",
]


@pytest.mark.parametrize("path", CLIMBING)
def test_paths_that_climb(target: Target, path: str) -> None:
    token = target.token("RT1", "provider").encode()
    # By hand: an HTTP library would tidy the path first.
    answer = target.said_to(
        b"GET %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nConnection: close\r\n\r\n"
        % (path.encode(), token)
    )
    assert answer.split(b" ", 2)[1] in (b"302", b"303", b"400", b"401", b"404", b"405"), answer
    assert b"root:" not in answer
    assert b"PRIVATE KEY" not in answer
    assert b"[core]" not in answer


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", "http://127.0.0.1"])
def test_other_origins_may_not_read(target: Target, origin: str) -> None:
    """No page that a browser shows may use what the registry answers."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT",
             "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    for path in ("/fhir/Task", "/oauth2/token", "/fhir/metadata", "/"):
        url = f"{target.exchange.url}{path}"
        for answer in (
            httpx.options(url, headers=asked, timeout=PATIENCE),
            httpx.get(url, headers=asked, timeout=PATIENCE),
        ):
            named = {name.lower() for name in answer.headers}
            assert not any(name.startswith("access-control-allow") for name in named), path


def test_every_answer_is_taken_for_what_it_is(target: Target) -> None:
    for path in ("/healthz", "/fhir/metadata", "/fhir/Task", "/nowhere", "/oauth2/token"):
        answer = httpx.get(f"{target.exchange.url}{path}", timeout=PATIENCE)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/fhir/Task", "/hl7v2", "/"])
def test_no_switch_to_another_protocol(target: Target, path: str) -> None:
    answer = target.said_to(
        b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        % path.encode()
    )
    assert not answer.startswith(b"HTTP/1.1 101")


def test_errors_tell_nothing_of_the_inside(target: Target) -> None:
    with target.client("RT1") as client:
        answers = [
            client.get("/Task?_count=x"),
            client.get("/Nothing/1"),
            client.get("/Task/x/y/z/%00"),
            client.post("/$process-message", content=b"{", headers=FHIR),
            client.put("/Task/1", content=b"\xff", headers=FHIR),
            client.get("/Task", headers={"Accept": "text/html"}),
        ]
    answers += [
        httpx.get(f"{target.exchange.url}/nowhere"),
        httpx.post(f"{target.exchange.url}/healthz"),
        httpx.post(target.token_url),
    ]
    assert all(400 <= answer.status_code < 500 for answer in answers)
    answers.append(httpx.post(f"{target.exchange.url}/hl7v2", content=b"\0"))
    for answer in answers:
        for word in ("Traceback", ".py", "psycopg", "SELECT ", "starlette", "/home/", "line 1 in"):
            assert word not in answer.text, answer.url


def test_other_bytes_than_http(target: Target) -> None:
    for sent in (b"\x16\x03\x01\x02\x00" + b"x" * 512, b"\x0bMSH|^~\\&|marked\x1c\r", b"\0" * 1000):
        answer = target.said_to(sent, silence=20)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert "marked" not in target.written()


def test_many_connections_that_say_nothing(target: Target) -> None:
    silent: list[socket.socket] = []
    try:
        silent.extend(target.connect() for _ in range(200))
        assert target.is_well()
    finally:
        for one in silent:
            one.close()
