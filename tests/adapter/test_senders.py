"""The sender file: who is recognised, for whom they may speak, and what is wrong with a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.certificate import Certificate, Name
from adapter.sender_file import read
from adapter.senders import SHORTEST_TOKEN, Sender, Senders
from yaml_source import SourceError

TOKEN = "0123456789abcdef" * 4
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
FINGERPRINT = "ab" * 32
FILE = f"""
senders:
  - name: Engine of RXA
    organisations: [rxa, RXB01]
    certificates:
      - dns: Engine.RXA.example
      - uri: urn:engine:rxa
    tokens:
      - sha256: {DIGEST}
  - name: Old PAS
    organisations: [RXC]
    certificates:
      - cn: old pas
      - sha256: {":".join(["AB"] * 32)}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "senders.yaml"
    path.write_text(text)
    return path


def certificate(kind: str, value: str) -> Certificate:
    return Certificate(frozenset({Name.of(kind, value)}), "00" * 32)


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("dns", "engine.rxa.EXAMPLE", "Engine of RXA"),
        ("uri", "urn:engine:rxa", "Engine of RXA"),
        ("cn", "old pas", "Old PAS"),
        ("sha256", FINGERPRINT, "Old PAS"),
    ],
)
def test_a_certificate_is_known_by_any_of_its_names(
    tmp_path: Path, kind: str, value: str, name: str
) -> None:
    assert read(written(tmp_path, FILE)).of_certificate(certificate(kind, value)).name == name


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("cn", "engine.rxa.example"),
        ("dns", "old pas"),
        ("uri", "URN:engine:rxa"),
        ("dns", "x.engine.rxa.example"),
        ("cn", "Old PAS"),
    ],
)
def test_a_name_of_another_kind_or_another_spelling_is_nobodys(
    tmp_path: Path, kind: str, value: str
) -> None:
    found = read(written(tmp_path, FILE)).of_certificate(certificate(kind, value))
    assert not found.known
    assert not found.may_speak_for("RXA")


def test_a_token_is_its_senders_and_no_other_text_is(tmp_path: Path) -> None:
    senders = read(written(tmp_path, FILE))
    found = senders.of_token(TOKEN)
    assert found is not None
    assert found.name == "Engine of RXA"
    for other in ("", TOKEN[:-1], TOKEN.upper(), DIGEST, f"{TOKEN} "):
        assert senders.of_token(other) is None


@given(st.text(max_size=SHORTEST_TOKEN - 1))
def test_a_token_that_could_be_guessed_is_never_taken(token: str) -> None:
    digest = hashlib.sha256(token.encode()).digest()
    entry = Sender("weak", frozenset({"RXA"}), tokens=frozenset({digest}))
    assert Senders((entry,)).of_token(token) is None


@pytest.mark.parametrize(
    ("organisation", "may"),
    [("RXA", True), ("rxa", True), ("RXA99", True), ("RXB01", True), ("RXB", False),
     ("RXB02", False), ("RX", False), ("RXAMPLE", False), ("", False)],
)  # fmt: skip
def test_for_whom_a_sender_may_speak(organisation: str, may: bool) -> None:
    assert Sender("s", frozenset({"RXA", "RXB01"})).may_speak_for(organisation) == may


ONE = "senders:\n  - name: s\n    organisations: [RXA]\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "line 1: expected a table"),
        ("people: []", "line 1: expected 'senders'"),
        ("senders: x", "line 1: expected a list"),
        ("senders:\n  - name: s\n    certificates: [cn: x]", "line 2: expected 'organisations'"),
        (ONE, "line 2: expected 'certificates' or 'tokens'"),
        (ONE + "    certificates: []\n", "line 2: expected 'certificates' or 'tokens'"),
        (ONE + "    certificates: [{}]\n", "line 4: expected one of dns, uri, cn, sha256"),
        (ONE + "    certificates: [{cn: a, dns: b}]\n", "line 4: expected one of"),
        (ONE + "    certificates: [email: a]\n", "'email' is not known here"),
        (ONE + "    certificates: [cn: '']\n", "line 4: expected a text"),
        (ONE + "    certificates: [sha256: abc]\n", "64 hexadecimal digits"),
        (ONE + "    tokens: [sha1: abc]\n", "'sha1' is not known here"),
        (ONE + "    tokens: [{}]\n", "line 4: expected 'sha256: ...'"),
        (ONE + f"    tokens: [{{sha256: {TOKEN}x}}]\n", "64 hexadecimal digits"),
        (ONE.replace("RXA", "R^A") + "    tokens: []\n", "line 3: expected an ODS code"),
        (ONE.replace("[RXA]", "[]") + "    tokens: []\n", "line 3: expected at least one"),
        (ONE.replace("name: s", 'name: "a\\nb"') + "    tokens: []\n", "line 2: expected a name"),
        (ONE + f"    tokens: [sha256: {DIGEST}, sha256: {DIGEST}]\n", "one sender only"),
        (FILE + FILE.partition("senders:\n")[2].replace("Engine of", "New"), "one sender only"),
        (FILE.replace("Old PAS", "Engine of RXA"), "line 10: this is in the file already"),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(SourceError, match=r"^senders\.yaml, line \d+: ") as raised:
        read(written(tmp_path, text))
    assert error in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a file to read"):
        read(tmp_path / "nothing.yaml")
