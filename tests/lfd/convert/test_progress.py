"""What is said while a conversion runs."""

from __future__ import annotations

from io import StringIO

import pytest

from lfd.progress import Progress, said


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ((4500, 1_000, 10_000, 1.0), "4,500 messages, 4,500/s, 10%, 0:09 left"),
        ((4500, 1_000, 10_000_000, 1.0), "4,500 messages, 4,500/s, 0%, 2:46:39 left"),
        ((4500, 1_000, None, 2.0), "4,500 messages, 2,250/s"),
        ((4500, 9_000, 8_000, 2.0), "4,500 messages, 2,250/s, 100%, 0:00 left"),
    ],
)
def test_rate_part_and_time_left(done: tuple[int, int, int | None, float], expected: str) -> None:
    assert said(*done) == expected


def test_nothing_is_said_where_nobody_sits() -> None:
    to = StringIO()
    progress = Progress(1000, to)
    progress.show(10, 100)
    progress.end()
    assert not to.getvalue()
