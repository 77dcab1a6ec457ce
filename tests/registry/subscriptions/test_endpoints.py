"""Nothing is sent but to who may be sent to: endpoints that reach where they should not, names that
change their address, and answers of every kind."""

from __future__ import annotations

import asyncio

import pytest

from registry.outgoing.address import AllowedHosts
from registry.subscriptions.channel import Message, NotSent
from registry.subscriptions.endpoints import EndpointRefused, Endpoints, networks
from registry.subscriptions.mesh import MeshChannel
from registry.subscriptions.posting import RestHook
from registry.subscriptions.terms import Terms
from registry.subscriptions.topics import TOPICS
from tests.registry.api.conftest import Ask
from tests.registry.core.stating import T1
from tests.registry.subscriptions.conftest import FHIR, wanted
from tests.registry.subscriptions.receiver import Receiver, answers, hangs

HOSTS = AllowedHosts.of(["subscriber.example", "other.example:8443"])
MESSAGE = Message(b'{"resourceType":"Bundle"}', "application/fhir+json", "00", "label")

# What people write to get somewhere else (OWASP, server-side request forgery).
NOT_ALLOWED = (
    "http://subscriber.example/",
    "https://subscriber.example:8443/",
    "https://other.example/",
    "https://subscriber.example.evil.example/",
    "https://evil.example/?subscriber.example",
    "https://evil.example#subscriber.example",
    "https://subscriber.example@evil.example/",
    "https://evil.example\\@subscriber.example/",
    "https://user:secret@subscriber.example/",
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "http://127.0.0.1:8080/fhir",
    "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
    "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/", "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://[fe80::1]/",
    "https://metadata.google.internal/", "https://subscriber.example\r\nHost: evil.example/",
    "file:///etc/passwd", "gopher://subscriber.example/", "ftp://subscriber.example/",
    "//subscriber.example/", "subscriber.example", "mesh:X26HC001", "javascript:alert(1)",
    "https://subscriber.example:99999/", "https:///", "https://subscriber.example/" + "a" * 3000,
    "https://subscriber.example/\u202e", "https://ѕubscriber.example/",
)  # fmt: skip


@pytest.mark.parametrize("url", NOT_ALLOWED)
def test_such_an_endpoint_is_refused(url: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        Endpoints(HOSTS).check(url)
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://subscriber.example/x?y=z", "https://other.example:8443"])
def test_one_of_the_list_is_taken(url: str) -> None:
    Endpoints(HOSTS).check(url)


def test_without_a_list_nothing_is_taken() -> None:
    for url in ("https://subscriber.example/", "http://127.0.0.1:1/"):
        with pytest.raises(EndpointRefused):
            Endpoints().check(url)


async def test_nor_is_a_subscription_made_for_it(ask: Ask) -> None:
    """This registry may send to its own machine and nowhere else."""
    provider = await ask(T1, "provider")
    own = ("https://127.0.0.1/", "https://localhost/", "https://[::1]/", "http://127.")
    for url in NOT_ALLOWED:
        if not url.startswith(own):
            answer = await provider.post("Subscription", json=wanted(url), headers=FHIR)
            assert answer.status_code in (400, 422), (url, answer.text)
    assert (await provider.get("Subscription")).json()["total"] == 0


def asked(url: str = "https://subscriber.example/told", timeout: int = 5) -> Terms:
    return Terms(TOPICS["review-proposed"], "rest-hook", url, timeout=timeout)


def resolving(*found: str) -> RestHook:
    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) == ("subscriber.example", 443)
        return list(found)

    return RestHook(Endpoints(HOSTS, networks(["10.20.0.0/16"])), resolve)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"], ["10.0.0.1"], ["192.168.1.1"], ["172.16.0.1"], ["169.254.169.254"], ["::1"],
        ["fe80::1%eth0"], ["fc00::1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["2002:a00:1::"],
        ["0.0.0.0"], ["224.0.0.1"], ["100.64.0.1"], [], ["nonsense"], ["10.20.0.1", "10.21.0.1"],
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_not_followed(found: list[str]) -> None:
    with pytest.raises(NotSent, match="network address"):
        await resolving(*found).send(asked(), MESSAGE)


def test_an_internal_network_may_be_named() -> None:
    endpoints = Endpoints(HOSTS, networks(["10.20.0.0/16", "fd00::/8"]))
    address = endpoints.check("https://subscriber.example/")
    assert endpoints.may_connect(address, "10.20.3.4")
    assert endpoints.may_connect(address, "fd00::1")
    assert not endpoints.may_connect(address, "10.21.3.4")
    with pytest.raises(EndpointRefused, match="nonsense"):
        networks(["nonsense"])


async def test_what_was_judged_is_what_is_sent_to(receiver: Receiver) -> None:
    """The name is asked for once, and the connection goes to the address that was judged."""
    calls: list[str] = []

    async def resolve(host: str, _: int) -> list[str]:
        calls.append(host)
        return ["127.0.0.1"]

    hook = RestHook(Endpoints(is_loopback_allowed=True), resolve)
    await hook.send(asked(f"http://localhost:{receiver.port}/told"), MESSAGE)
    assert calls == ["localhost"]
    (told,) = receiver.received
    assert told.headers["host"] == f"localhost:{receiver.port}"
    assert told.body == MESSAGE.body


ANSWERS = {
    "a redirect": b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    "not now": b"HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "nothing": b"",
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 300_000,
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_what_is_not_taken_is_not_sent(receiver: Receiver, what: str) -> None:
    receiver.behaviour = answers(ANSWERS[what])
    hook = RestHook(Endpoints(is_loopback_allowed=True))
    with pytest.raises(NotSent) as failed:
        await hook.send(asked(receiver.url), MESSAGE)
    assert failed.value.retry_after == (7 if what == "not now" else None)
    assert len(receiver.received) == 1, "never followed, never repeated"


async def test_an_answer_without_end_is_not_read(receiver: Receiver) -> None:
    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    receiver.behaviour = behave
    hook = RestHook(Endpoints(is_loopback_allowed=True))
    async with asyncio.timeout(4):
        await hook.send(asked(receiver.url), MESSAGE)


async def test_who_does_not_answer_is_given_up(receiver: Receiver) -> None:
    receiver.behaviour = hangs
    hook = RestHook(Endpoints(is_loopback_allowed=True))
    with pytest.raises(NotSent, match="no answer in 1 seconds"):
        await hook.send(asked(receiver.url, timeout=1), MESSAGE)


class Mailbox:
    """One that keeps what it is given to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes, str | None, str | None]] = []

    async def send(
        self,
        to: str,
        workflow: str,
        content: bytes,
        *,
        local_id: str | None = None,
        subject: str | None = None,
        content_type: str = "application/fhir+json",
    ) -> str:
        self.sent.append((to, workflow, content, local_id, subject))
        return content_type


async def test_a_mailbox_on_the_list_is_sent_to_and_no_other() -> None:
    mailbox = Mailbox()
    channel = MeshChannel(mailbox, ["X26HC001"], "LFD")
    await channel.send(asked("mesh:X26HC001"), MESSAGE)
    assert mailbox.sent == [("X26HC001", "LFD", MESSAGE.body, "label", "00")]
    for endpoint in ("mesh:X26HC002", "mesh:", "X26HC001", "https://subscriber.example/"):
        with pytest.raises(EndpointRefused):
            channel.check(endpoint)
        with pytest.raises(NotSent):
            await channel.send(asked(endpoint), MESSAGE)
    assert len(mailbox.sent) == 1
