"""Other people's MLLP senders: each sends with its own library, and reads the answers with it. What
is asked of all is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version as installed
from pathlib import Path
from typing import NamedTuple

from adapter.er7 import read, split
from conformance import maven
from conformance.suites import node_modules
from conformance.suites.product import Death, NotRunning, Product
from conformance.suites.suite import Case, Skipped, Suite

HAPI = Path(__file__).parents[1] / "mllp_senders" / "hapi"
WITHIN = 120.0
_MANY = 50
_BLOCK = b"\x0b%s\x1c\r"


class Answer(NamedTuple):
    """What a sender's library read in an acknowledgement: MSA-1 and MSA-2."""

    code: str
    control_id: str


Send = Callable[[Product, list[str]], list[Answer]]


class _SenderFailed(Exception):
    """The sender did not come to its end; says what it printed."""


def _by_program(words: Callable[[Product], list[str]]) -> Send:
    def send(product: Product, messages: list[str]) -> list[Answer]:
        host, port = product.mllp.split(":")
        file = product.folder / "to-send.json"
        given = {"host": host, "port": int(port), "messages": messages}
        file.write_text(json.dumps(given), encoding="utf-8")
        said = _run([*words(product), str(file)])
        return [Answer(**json.loads(line)) for line in said.splitlines()]

    return send


def _hapi(_: Product) -> list[str]:
    try:
        return maven.command(HAPI, "learningfromdeaths.Send", "-Xmx128m")
    except maven.CannotBuild as reason:
        raise Skipped(str(reason)) from None


def _javascript(program: str) -> Callable[[Product], list[str]]:
    def words(product: Product) -> list[str]:
        node = node_modules.node()
        folder = product.folder / "javascript"
        node_modules.lay_out(folder)
        return [node, str(folder / program)]

    return words


def _mllp_send(product: Product, messages: list[str]) -> list[Answer]:
    """The command of python-hl7: it prints the answers as they are, so we read them."""
    file = product.folder / "to-send.mllp"
    file.write_bytes(b"".join(_BLOCK % message.encode() for message in messages))
    host, port = product.mllp.split(":")
    command = Path(sys.executable).with_name("mllp_send")
    said = _run([str(command), "--port", port, "--file", str(file), host])
    parts = (msa for answer in split(said.encode()) for msa in read(answer).all("MSA"))
    return [Answer(msa.text(1), msa.text(2)) for msa in parts]


def _run(words: list[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN)
    except subprocess.TimeoutExpired as error:
        raise _SenderFailed(f"no end within {WITHIN:.0f} s: {error.stdout!r}") from None
    if done.returncode != 0:
        raise _SenderFailed(done.stderr[-2000:])
    return done.stdout


def _suite(name: str, version: Callable[[], str], send: Send) -> Suite:
    def run(product: Product) -> list[Case]:
        return list(_cases(product, send))

    return Suite(name, version, run)


def _cases(product: Product, send: Send) -> Iterator[Case]:
    death = product.next_death()
    first, second = death.messages

    def answered(name: str, messages: Iterable[str], *codes: str) -> Case:
        asked = list(messages)
        due = [Answer(code, _control_id(m)) for code, m in zip(codes, asked, strict=True)]
        try:
            got = send(product, asked)
        except _SenderFailed as error:
            return Case(name, failed=str(error))
        return Case(name, failed=None if got == due else f"{due} is due, and {got} came")

    yield answered("an admission and a death on one connection: AA", death.messages, "AA", "AA")
    yield _reviewed(product, death)
    yield answered("the same again: AA, for it does no harm", death.messages, "AA", "AA")
    many = [_as(first, f"{_control_id(first)}-{n}") for n in range(_MANY)]
    yield answered(f"{_MANY} messages on one connection, in order", many, *["AA"] * _MANY)
    results = _as(second, "results").replace("ADT^A03^ADT_A03", "ORU^R01^ORU_R01")
    yield answered("AR for what is not ADT", [results], "AR")
    nobody = "\r".join(s for s in _as(second, "nobody").split("\r") if not s.startswith("PID"))
    yield answered("AE for a message about nobody; the next goes on", [nobody, second], "AE", "AA")
    enhanced = _as(first, "enhanced").replace("|P|2.4|||||GBR", "|P|2.4|||AL|NE|GBR")
    yield answered("enhanced mode: CA where only that is asked for", [enhanced], "CA")


def _reviewed(product: Product, death: Death) -> Case:
    name = "a review of the death is proposed"
    try:
        product.wait_for_review(death.number)
    except NotRunning as reason:
        return Case(name, failed=str(reason))
    return Case(name)


def _control_id(message: str) -> str:
    return message.split("|", 10)[9]


def _as(message: str, word: str) -> str:
    """The message under another control id, which nobody else's message has."""
    mine = _control_id(message)
    return message.replace(mine, f"{mine}-{word}", 1) if word else message


def _simulated_hospital(_: Product) -> list[Case]:
    raise Skipped(
        "Go's module proxy gives out no version of github.com/google/simhospital (it answers 403), "
        "so that it cannot be built"
    )


SUITES = (
    _suite("HAPI HL7v2 (Java)", lambda: maven.pinned(HAPI, "hapi.version"), _by_program(_hapi)),
    _suite(
        "node-hl7-client (JavaScript)",
        lambda: node_modules.locked("node-hl7-client"),
        _by_program(_javascript("send-with-node-hl7-client.mjs")),
    ),
    _suite(
        "@medplum/hl7 (JavaScript)",
        lambda: node_modules.locked("@medplum/hl7"),
        _by_program(_javascript("send-with-medplum.mjs")),
    ),
    _suite("python-hl7's mllp_send", lambda: installed("hl7"), _mllp_send),
    Suite("Simulated Hospital (Go)", lambda: "not pinned", _simulated_hospital),
)
