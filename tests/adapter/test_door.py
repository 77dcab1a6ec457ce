"""The decision at the door: every way a message can be taken, kept or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from adapter.door import Door, Fault
from adapter.er7 import Message
from adapter.senders import Sender

Adt = Callable[..., bytes]


def test_good_message_is_taken(door: Door, adt: Adt) -> None:
    verdict = door.judge(adt("77"))
    assert verdict.code == "AA"
    assert verdict.reason is None
    entry = verdict.entry
    assert entry is not None
    assert (entry.organisation, entry.control_id, entry.trigger) == ("RXA", "77", "A03")
    assert entry.raw == adt("77")
    assert entry.sha256 == hashlib.sha256(adt("77")).digest()
    assert entry.fault is None


def test_fault_that_a_person_can_mend_is_kept(door: Door, adt: Adt) -> None:
    verdict = door.judge(adt(pid3=""))
    assert verdict.code == "AE"
    assert verdict.entry is not None
    assert verdict.entry.fault == verdict.reason


def test_fault_that_leaves_nothing_to_keep_is_refused(door: Door, adt: Adt) -> None:
    verdict = door.judge(adt(control_id=""))
    assert (verdict.code, verdict.entry) == ("AR", None)
    assert verdict.reason is not None
    assert verdict.reason.location == "MSH[1]-10"


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"hello", b"PID|1", b"MSH", b"FHS|^~\\&\rMSH|"])
def test_what_is_no_hl7_is_refused_without_a_header(door: Door, raw: bytes) -> None:
    verdict = door.judge(raw)
    assert (verdict.code, verdict.message, verdict.entry) == ("AR", None, None)
    assert verdict.reason is not None


def test_two_messages_in_one_are_kept_and_answered_by_the_first_header(
    door: Door, adt: Adt
) -> None:
    verdict = door.judge(adt("1") + adt("2"))
    assert verdict.code == "AE"
    assert verdict.message is not None
    assert verdict.message.header.text(10) == "1"
    assert verdict.entry is not None
    assert verdict.entry.raw == adt("1") + adt("2")


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        ("RXA", "AA"),
        ("RXA01", "AA"),
        ("rxa", "AA"),
        ("LEEDS PAS", "AA"),
        ("RXB", "AR"),
        ("RXAMPLE", "AR"),
        ("RXA-1", "AR"),
        ("XRXA", "AR"),
        ("", "AA"),
    ],
)
def test_only_the_configured_organisation_is_let_in(
    door: Door, adt: Adt, sender: str, code: str
) -> None:
    ours = replace(door, organisation="RXA", names={"LEEDS PAS": "RXA"})
    verdict = ours.judge(adt(organisation=sender))
    assert verdict.code == code
    if verdict.entry is None:
        assert verdict.reason is not None
        assert verdict.reason.location == "MSH[1]-4"
    else:
        assert verdict.entry.organisation == "RXA"


def test_unreadable_message_of_another_organisation_is_not_kept(door: Door, adt: Adt) -> None:
    two = adt("1", "RXB") + adt("2", "RXB")
    assert replace(door, organisation="RXA").judge(two).entry is None


def test_oversize_message_is_refused_by_its_name(door: Door, adt: Adt) -> None:
    verdict = door.judge_oversize(adt("big")[:150], 1000)
    assert (verdict.code, verdict.entry) == ("AR", None)
    assert verdict.message is not None
    assert verdict.message.header.text(10) == "big"
    assert door.judge_oversize(b"", 1000).message is None


def test_message_that_breaks_the_examination_is_kept(door: Door, adt: Adt) -> None:
    def broken(message: Message) -> Fault | None:
        raise KeyError("a secret")

    verdict = replace(door, examine=broken).judge(adt("7"))
    assert verdict.code == "AE"
    assert verdict.message is not None
    assert verdict.entry is not None
    assert verdict.entry.fault == verdict.reason
    assert "secret" not in str(verdict.reason)


RXA_ENGINE = Sender("engine", frozenset({"RXA"}))


@pytest.mark.parametrize(
    ("organisation", "code", "kept"), [("RXA", "AE", True), ("RXB", "AR", False)]
)
def test_message_that_breaks_the_examination_is_kept_for_its_own_sender_only(
    door: Door, adt: Adt, organisation: str, code: str, kept: bool
) -> None:
    def broken(message: Message) -> Fault | None:
        raise KeyError

    verdict = replace(door, examine=broken).judge(adt("7", organisation), RXA_ENGINE)
    assert (verdict.code, verdict.entry is not None) == (code, kept)


def test_door_that_cannot_tell_the_organisation_keeps_nothing_for_a_bound_sender(
    door: Door, adt: Adt
) -> None:
    def broken(message: Message) -> str:
        raise KeyError

    verdict = replace(door, sender=broken).judge(adt("7"), RXA_ENGINE)
    assert (verdict.code, verdict.entry) == ("AR", None)


def test_sender_bound_to_another_organisation_than_the_adapters_is_forbidden(
    door: Door, adt: Adt
) -> None:
    ours = replace(door, organisation="RXB")
    for organisation in ("RXA", "RXB", ""):
        verdict = ours.judge(adt("7", organisation), RXA_ENGINE)
        assert (verdict.code, verdict.entry) == ("AR", None)
        assert verdict.forbidden is not None
        assert verdict.forbidden.organisation == organisation


def test_nul_in_a_header_does_not_reach_the_database(door: Door, adt: Adt) -> None:
    verdict = door.judge(adt("a\0b"))
    assert verdict.entry is not None
    assert verdict.entry.control_id == "ab"
