"""What is refused, with which code, and that converting refuses exactly that."""

from __future__ import annotations

import dataclasses

import pytest

from adapter.conversion import Refusal, examine, sending_organisation
from adapter.er7 import read
from mappings import Site
from tests.adapter.conversion.messages import adt, convert, converter, issues, only, pid, pv1

MESSAGES = [
    (adt("A01", pid(), msh={9: "ORU^R01"}), "200", "MSH-9", False),
    (adt("A01", pid(), msh={9: ""}), "200", "MSH-9", False),
    (adt("A01", pid(), msh={11: "X"}), "202", "MSH-11", False),
    (adt("A01", pid(), msh={9: "ADT"}), "101", "MSH-9", True),
    (adt("A99", pid()), "201", "MSH-9", True),
    (adt("A01", pid(), msh={4: ""}), "101", "MSH-4", True),
    (adt("A01"), "100", "PID", True),
    (adt("A40", pid()), "100", "MRG", True),
    (adt("A40", pid(), "MRG|"), "101", "MRG-1", True),
    (adt("A40", pid(), "MRG|M1^^^RT1^MR"), "204", "MRG-1", True),
    (adt("A40", pid(), "MRG|M1"), "204", "MRG-1", True),
]


@pytest.mark.parametrize(("raw", "code", "location", "kept"), MESSAGES)
def test_examining_and_converting_refuse_alike(
    raw: bytes, code: str, location: str, kept: bool
) -> None:
    refusal = examine(read(raw), None)
    assert refusal is not None
    assert (refusal.code, refusal.location, refusal.kept) == (code, location, kept)
    with pytest.raises(Refusal) as caught:
        converter().convert(raw)
    assert (caught.value.code, caught.value.location) == (code, location)
    assert caught.value.text == refusal.text
    assert not any(word in refusal.text for word in ("M1", "TESTER", "999"))


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        converter().convert(b"hello")
    assert caught.value.kept is False


@pytest.mark.parametrize(
    "raw",
    [
        adt("A03", pid(), pv1()),
        adt("a03", pid(), pv1()),
        adt("A03", pid(), pv1(), msh={9: "adt^A03^ADT_A03"}),
    ],
)
def test_what_is_loosely_written_passes(raw: bytes) -> None:
    assert examine(read(raw), None) is None
    assert only(convert(raw), "MessageHeader")["eventCoding"]["code"] == "A03"


def test_the_event_may_stand_only_in_evn() -> None:
    raw = adt("A03", pid(), msh={9: "ADT"}).replace(b"EVN||", b"EVN|A31|")
    assert only(convert(raw), "MessageHeader")["eventCoding"]["code"] == "A31"


def test_a_configured_organisation_stands_in_for_msh_4() -> None:
    raw = read(adt("A31", pid(), msh={4: ""}))
    assert examine(raw, "RT1") is None


def test_an_empty_control_id_is_no_reason_to_refuse() -> None:
    bundle = convert(adt("A31", pid(), msh={10: ""}))
    assert issues(bundle) == ["control-id-missing MSH[1]-10"]
    assert len(only(bundle, "Provenance")["entity"]) == 1


@pytest.mark.parametrize("event", ["A19", "A20", "A29", "A35", "A41", "A44", "A51"])
def test_events_about_nothing_we_keep_are_recorded_with_a_reason(event: str) -> None:
    conversion = converter().convert(adt(event, pid()))
    assert conversion.bundle is None
    assert not conversion.relevant
    assert conversion.reason.startswith(event)


@pytest.mark.parametrize(
    ("msh_4", "expected"),
    [
        ("RT1", "RT1"),
        ("rt1", "RT1"),
        ("RT1^1.2.3^ISO", "RT1"),
        ("The Hospital^RT1", "RT1"),
        ("UCLH", "RRV"),
        ("RRV03", "RRV"),
        ("T1", "T1"),
        ("HOSPITAL", ""),
        ("12345", ""),
        ("The Hospital", ""),
        ("", ""),
        ('""', ""),
    ],
)
def test_the_sender_comes_through_the_table_of_the_site(msh_4: str, expected: str) -> None:
    site = dataclasses.replace(Site.default(), organisations={"UCLH": "RRV", "RRV03": "RRV"})
    assert sending_organisation(read(adt("A01", msh={4: msh_4})), site) == expected


def test_an_unknown_sender_has_only_a_name() -> None:
    bundle = convert(adt("A31", pid(), msh={4: "The Hospital"}))
    assert issues(bundle) == ["sender-unknown MSH[1]-4"]
    assert only(bundle, "Organization")["name"] == "The Hospital"
    assert "identifier" not in only(bundle, "Organization")
