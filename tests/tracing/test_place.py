"""traceparent as W3C writes it, and as anybody else may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.place import Place, read

# The example of the recommendation.
EXAMPLE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_recommendations_example() -> None:
    assert read(EXAMPLE) == Place(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, True)


@given(
    st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans()
)  # fmt: skip
def test_what_is_written_is_read(trace: int, span: int, is_sampled: bool) -> None:
    place = Place(trace, span, is_sampled)
    assert read(str(place)) == place


@given(st.text())
def test_whatever_comes_is_read_or_is_none(text: str) -> None:
    found = read(text)
    assert found is None or read(str(found)) == found


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        EXAMPLE.upper(),
        EXAMPLE[:-1],
        f"{EXAMPLE}-more",
        EXAMPLE.replace("00-0a", "ff-0a"),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "9990000018",
        EXAMPLE.replace("0af7", "٠af7"),
    ],
)
def test_what_is_none(wrong: str | None) -> None:
    assert read(wrong) is None


def test_a_version_to_come_may_say_more() -> None:
    later = "01" + EXAMPLE[2:]
    assert read(f"{later}-more") == read(later) == read(EXAMPLE)


def test_only_the_flag_of_sampling_is_taken() -> None:
    assert read(EXAMPLE[:-2] + "03") == read(EXAMPLE)
    assert str(read(EXAMPLE[:-2] + "02")) == EXAMPLE[:-2] + "00"
