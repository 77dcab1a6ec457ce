"""Spans: what follows from what, what an error leaves behind, and that nothing is made when off."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from opentelemetry.trace import StatusCode

from tests.tracing.kept import keeping, parent, place
from tests.tracing.test_place import EXAMPLE
from tracing import spans

SECRET = "Smith 9990000018"


def test_what_comes_in_begins_a_trace_and_its_parts_follow() -> None:
    with keeping() as kept:
        with spans.begun("in", "server") as above:
            assert spans.current() == above.traceparent
            with spans.child("part") as below:
                assert spans.current() == below.traceparent != above.traceparent
            spans.note(status=200)
        assert spans.current() is None
    assert kept.names == ["part", "in"]
    assert parent(kept.one("part")) == above.traceparent == place(kept.one("in"))
    assert parent(kept.one("in")) is None
    assert kept.said("in") == {"http.response.status_code": 200}


@pytest.mark.parametrize(("came_with", "follows"), [(EXAMPLE, EXAMPLE), ("nonsense", None)])
def test_what_comes_in_goes_on_with_what_came_with_it(came_with: str, follows: str | None) -> None:
    with keeping() as kept, spans.begun("in", "server", came_with):
        pass
    assert parent(kept.one("in")) == follows


def test_what_is_in_hand_goes_before_what_came_with_it() -> None:
    with keeping() as kept, spans.begun("out", "server"), spans.begun("in", "server", EXAMPLE):
        pass
    assert parent(kept.one("in")) == place(kept.one("out"))


def test_what_follows_from_nothing_is_not_traced() -> None:
    with keeping() as kept:
        with spans.followed("x", "client", None) as one, spans.child("y") as other:
            one.note(attempt=1)
            assert one.traceparent is None is other.traceparent
        with spans.each("z", "consumer", [None, None]) as several:
            assert [span.traceparent for span in several] == [None, None]
    assert kept.names == []


def test_of_several_those_that_follow_are_traced_and_end_together() -> None:
    with keeping() as kept:
        with spans.each("z", "consumer", [None, EXAMPLE, EXAMPLE]) as several:
            assert spans.current() is None
            assert [span.traceparent is None for span in several] == [True, False, False]
            for number, span in enumerate(several):
                span.note(messages=number)
            assert kept.names == []
        assert kept.names == ["z", "z"]
    assert [dict(one.attributes or {}) for one in kept.ended] == [
        {"lfd.messages": 1}, {"lfd.messages": 2},
    ]  # fmt: skip


def test_a_trace_that_is_not_sampled_goes_on_unsampled() -> None:
    with keeping() as kept, spans.begun("in", "server", EXAMPLE[:-2] + "00") as span:
        written = span.traceparent
    assert written is not None
    assert written.startswith(EXAMPLE[:35])
    assert written.endswith("-00")
    assert kept.names == []


def test_further_places_are_links() -> None:
    with keeping() as kept, spans.followed("told", "producer", EXAMPLE, [EXAMPLE, "nonsense"]):
        pass
    (link,) = kept.one("told").links
    assert f"{link.context.trace_id:032x}" in EXAMPLE


def test_an_error_leaves_its_type_and_not_its_text() -> None:
    with keeping() as kept:
        with pytest.raises(ValueError), spans.begun("in", "server"), spans.child("part"):
            raise ValueError(SECRET)
        with pytest.raises(ValueError), spans.each("z", "consumer", [EXAMPLE]):
            raise ValueError(SECRET)
    assert kept.names == ["part", "in", "z"]
    for one in kept.ended:
        assert one.status.status_code is StatusCode.ERROR
        assert dict(one.attributes or {}) == {"error.type": "ValueError"}
        assert "Smith" not in one.to_json()


def test_a_fault_of_ours_is_one_and_a_refusal_is_none() -> None:
    with keeping() as kept:
        for status in (404, 503):
            with spans.begun(str(status), "server") as span:
                span.note(status=status)
    assert kept.one("404").status.status_code is StatusCode.UNSET
    assert kept.one("503").status.status_code is StatusCode.ERROR


async def test_tasks_side_by_side_have_spans_of_their_own() -> None:
    both = asyncio.Barrier(2)

    async def one(name: str) -> None:
        with spans.begun(name, "server"):
            await both.wait()
            with spans.child(f"part of {name}"):
                await both.wait()

    with keeping() as kept:
        await asyncio.gather(one("a"), one("b"))
    for name in "ab":
        assert parent(kept.one(f"part of {name}")) == place(kept.one(name))


def test_while_they_are_off_nothing_is_made() -> None:
    with spans.begun("in", "server", EXAMPLE) as span, spans.child("part") as part:
        span.note(status=200)
        span.named("other")
        span.failed("Error")
        span.end()
        spans.note(status=200)
        assert span is part is spans.NOTHING
        assert span.traceparent is None is spans.current()
    with spans.followed("x", "client", EXAMPLE) as followed:
        assert followed is spans.NOTHING
    with spans.each("z", "consumer", [EXAMPLE]) as several:
        assert several == [spans.NOTHING]
    assert not spans.are_on()


def test_without_traces_opentelemetry_is_not_loaded() -> None:
    code = (
        "import sys, lfd.up, lfd.adapter, lfd.registry, adapter.service, registry.service\n"
        "from argparse import Namespace\n"
        "from lfd import traces\n"
        "with traces.sent(Namespace(traces=None), 'x'): pass\n"
        "found = [name for name in sys.modules if name.startswith(('opentelemetry', 'google.'))]\n"
        "sys.exit(str(found) if found else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
