"""The messages of the story: test people only, each message told once."""

from __future__ import annotations

from lfd.demo import ports, story
from nhs import nhs_number


def test_every_person_has_a_valid_number_of_the_test_range() -> None:
    for number in story.names(story.read()):
        assert nhs_number.is_valid(number)
        assert nhs_number.is_test(number)


def test_control_ids_are_unique() -> None:
    ids = [told.control_id for told in story.read()]
    assert len(set(ids)) == len(ids)


def test_segments_end_with_a_carriage_return() -> None:
    for told in story.read():
        assert b"\n" not in told.raw
        assert told.raw.endswith(b"\r")


def test_a_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    (taken,) = ports.choose([0])
    first, second = ports.choose([taken.port, taken.port])
    assert first == taken
    assert second.port not in (0, taken.port)
