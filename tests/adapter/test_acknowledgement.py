"""Acknowledgements: their form in each version and mode, and what they must not say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import er7
from adapter.acknowledgement import Stamp, acknowledge, build, read_answer
from adapter.reason import Reason

STAMP = Stamp("00112233445566778899", datetime(2026, 3, 14, 8, 55, 1, tzinfo=UTC))
REASON = Reason("101", "PID[1]-3", "PID-3 is empty: send an identifier | or two.")


def message(version: str = "2.4", **fields: str) -> er7.Message:
    named = {f"f{n}": "" for n in range(3, 19)}
    named |= {"f3": "PAS", "f4": "RXA", "f5": "LFD", "f6": "REG", "f7": "20260314085500"}
    named |= {"f9": "ADT^A03^ADT_A03", "f10": "MSG0001", "f11": "P", "f12": version} | fields
    header = "|".join(named[f"f{n}"] for n in range(3, 19))
    return er7.read(f"MSH|^~\\&|{header}\rPID|1||\r".encode())


def lines(ack: bytes) -> list[str]:
    text = ack.decode()
    assert text.endswith("\r")
    return text[:-1].split("\r")


def test_accept_in_original_mode() -> None:
    assert lines(build(message(), "AA", None, STAMP)) == [
        "MSH|^~\\&|LFD|REG|PAS|RXA|20260314085501+0000||ACK^A03^ACK|00112233445566778899|P|2.4",
        "MSA|AA|MSG0001",
    ]


@pytest.mark.parametrize(
    ("version", "msa", "err"),
    [
        (
            "2.3",
            "MSA|AE|MSG0001|PID-3 is empty: send an identifier \\F\\ or two.",
            "ERR|PID^1^3^101&Required field missing&HL70357",
        ),
        (
            "2.5.1",
            "MSA|AE|MSG0001|PID-3 is empty: send an identifier \\F\\ or two.",
            "ERR||PID^1^3|101^Required field missing^HL70357|E||||"
            "PID-3 is empty: send an identifier \\F\\ or two.",
        ),
        (
            "2.7",
            "MSA|AE|MSG0001",
            "ERR||PID^1^3|101^Required field missing^HL70357|E||||"
            "PID-3 is empty: send an identifier \\F\\ or two.",
        ),
    ],
)
def test_error_in_the_form_of_each_version(version: str, msa: str, err: str) -> None:
    assert lines(build(message(version), "AE", REASON, STAMP))[1:] == [msa, err]


@pytest.mark.parametrize(
    ("version", "sent", "answered"),
    [
        ("2.2", "ADT^A03", "ACK^A03"),
        ("2.3", "ADT^A03", "ACK^A03"),
        ("2.3.1", "ADT^A03^ADT_A03", "ACK^A03^ACK"),
        ("2.3.1", "ADT^A03", "ACK^A03"),
        ("2.4", "ADT^A03", "ACK^A03^ACK"),
        ("2.5", "ADT", "ACK"),
    ],
)
def test_message_type(version: str, sent: str, answered: str) -> None:
    ack = er7.read(build(message(version, f9=sent), "AA"))
    assert ack.header.field(9) == answered


def test_location_with_repetition_and_component() -> None:
    reason = Reason("102", "PID[1]-3[2].4", "wrong")
    assert "|PID^1^3^2^4|" in lines(build(message("2.5"), "AE", reason))[2]


def test_location_unknown_is_left_out() -> None:
    assert lines(build(message("2.5"), "AR", Reason("207", "", "no")))[2].startswith("ERR|||207^")


def test_unreadable_message_is_answered_all_the_same() -> None:
    (ack,) = acknowledge(None, "AR", Reason("100", "", "The message is empty."))
    msh, msa, _ = lines(ack)
    assert msh.split("|")[8] == "ACK"
    assert msa == "MSA|AR||The message is empty."


def test_encoding_characters_of_the_message_are_used() -> None:
    raw = b"MSH#*~!@#PAS#RXA#LFD#REG###ADT*A03#M!F!1#P#2.5\rPID#1\r"
    ack = build(er7.read(raw), "AE", Reason("101", "PID[1]-3", "a # b"), STAMP)
    assert lines(ack)[0].startswith("MSH#*~!@#LFD#REG#PAS#RXA#")
    assert lines(ack)[1:] == [
        "MSA#AE#M!F!1#a !F! b",
        "ERR##PID*1*3#101*Required field missing*HL70357#E####a !F! b",
    ]


def test_character_set_is_kept() -> None:
    raw = message(f18="8859/1", f4="ÉCOLE").header
    sent = "MSH|^~\\&|A|ÉCOLE|B|C|||ADT^A03|1|P|2.4||||||8859/1\r".encode("latin-1")
    ack = build(er7.read(sent), "AA")
    assert "ÉCOLE" in ack.decode("latin-1")
    assert raw.field(18) == "8859/1"


def test_control_ids_are_never_the_same() -> None:
    ids = {er7.read(build(message(), "AA")).header.text(10) for _ in range(100)}
    assert len(ids) == 100
    assert all(len(each) <= 20 for each in ids)


ENHANCED: list[tuple[str, str, str, list[str]]] = [
    # MSH-15, MSH-16, outcome, answers
    ("AL", "AL", "AA", ["CA", "AA"]),
    ("AL", "NE", "AA", ["CA"]),
    ("NE", "AL", "AA", ["AA"]),
    ("NE", "NE", "AA", []),
    ("AL", "", "AA", ["CA"]),
    ("", "AL", "AA", ["AA"]),
    ("AL", "ER", "AA", ["CA"]),
    ("AL", "ER", "AE", ["CA", "AE"]),
    ("AL", "SU", "AE", ["CA"]),
    ("ER", "ER", "AA", []),
    ("ER", "ER", "AR", ["CR"]),
    ("SU", "AL", "AR", ["AR"]),
    ("SU", "SU", "AA", ["CA", "AA"]),
    ("AL", "AL", "AR", ["CR"]),
    ("XX", "", "AA", ["CA"]),
]


@pytest.mark.parametrize(("commit", "application", "outcome", "answers"), ENHANCED)
def test_enhanced_mode(commit: str, application: str, outcome: str, answers: list[str]) -> None:
    reason = None if outcome == "AA" else Reason("207", "", "not now")
    acks = acknowledge(message(f15=commit, f16=application), outcome, reason)
    assert [read_answer(ack).code for ack in acks] == answers
    # Nobody is to acknowledge an acknowledgement.
    assert all(er7.read(ack).header.field(16) == "NE" for ack in acks)


def test_commit_error_for_what_is_not_about_type_or_storing() -> None:
    acks = acknowledge(message(f15="AL"), "AR", Reason("101", "MSH[1]-10", "no control id"))
    assert [read_answer(ack).code for ack in acks] == ["CE"]


def test_commit_acknowledgement_of_a_kept_message_tells_no_error() -> None:
    commit, application = acknowledge(message(f15="AL", f16="AL"), "AE", REASON)
    assert er7.read(commit).first("ERR") is None
    assert er7.read(application).first("ERR") is not None


def test_reading_an_answer() -> None:
    answer = read_answer(build(message("2.5"), "AE", REASON))
    assert (answer.code, answer.control_id, answer.text) == ("AE", "MSG0001", REASON.text)
    assert not answer.accepted
    assert read_answer(build(message(), "AA")).accepted
    with pytest.raises(er7.NotHl7):
        read_answer(b"MSH|^~\\&|A\r")


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\r\n|\x0b\x1c"), max_size=12)


@given(FIELD, FIELD, FIELD, st.sampled_from(["2.1", "2.3", "2.4", "2.5", "2.8"]))
def test_an_acknowledgement_has_no_segment_of_the_senders_making(
    control_id: str, application: str, trigger: str, version: str
) -> None:
    asked = message(version, f10=control_id, f3=application, f9=f"ADT^{trigger}")
    for code, reason in (("AA", None), ("AE", REASON)):
        ack = er7.read(build(asked, code, reason))
        assert [s.id for s in ack.segments] == ["MSH", "MSA", "ERR"][: 2 if code == "AA" else 3]
