"""Messages changed at random, for a few seconds in every run; tests/fuzz/run.py goes on longer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

_SEEDS = [seed for seed in seeds() if seed]
_TOKENS = (
    *(b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b'""', b"\0", b"\x0b", b"\x1c", b"\xff", b" "),
    *(b"\\T\\", b"\\X0D\\", b"\\.br\\", b"MSH|", b"PID|", b"\rMRG|", b"\rPV1|", b"\xef\xbb\xbf"),
    *(
        b"99999999999999",
        b"-1",
        b"20260329013000",
        b"00010101",
        b"+9999",
        "Ω".encode(),
        b"~" * 1200,
    ),
)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A seed with a few pieces of it replaced, doubled, moved or taken out."""
    data = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((0, 0, 1, 2, 8, 60))))
        piece = draw(
            st.sampled_from(_TOKENS) | st.binary(max_size=6) | st.just(data[start:end] * 2)
        )
        data = data[:start] + piece + data[end:]
    return data


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=mutations())
def test_nothing_fails(target: Callable[[bytes], None], data: bytes) -> None:
    target(data)
