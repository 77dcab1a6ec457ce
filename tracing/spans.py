"""The spans of this process: begun at a door, followed from then on, and nothing at all while
traces are off.

A trace begins where something comes in. What follows of it goes on with its trace, and begins none
of its own: the place in the trace comes with the request's header or stands in the row.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Literal, Protocol, Unpack

from tracing.said import Said

Kind = Literal["server", "client", "producer", "consumer", "internal"]


class Span(Protocol):
    """One piece of work."""

    @property
    def traceparent(self) -> str | None:
        """Its place, for a header or a row; None while traces are off."""
        ...

    def note(self, **said: Unpack[Said]) -> None:
        """Takes what is to be known of it."""
        ...

    def named(self, name: str) -> None:
        """Takes another name, of a few that do not grow in number."""
        ...

    def failed(self, kind: str) -> None:
        """Takes the type of the error that it failed with; never its text."""
        ...

    def end(self) -> None:
        """It is done."""
        ...


class Tracer(Protocol):
    """What makes spans."""

    def begin(self, name: str, kind: Kind, parent: str | None, beside: Sequence[str] = ()) -> Span:
        """Takes a name, of a few, the kind, the place it follows from (None: it begins a trace),
        and further places that it has to do with; returns a span that has begun."""
        ...


class _Nothing:
    """The span of work that is not traced."""

    __slots__ = ()
    traceparent: str | None = None

    def note(self, **said: Unpack[Said]) -> None:
        """Is not kept."""

    def named(self, name: str) -> None:
        """Is not kept."""

    def failed(self, kind: str) -> None:
        """Is not kept."""

    def end(self) -> None:
        """Nothing ends."""


NOTHING: Span = _Nothing()
_NOTHING = nullcontext(NOTHING)
_tracer: Tracer | None = None
_CURRENT: ContextVar[Span] = ContextVar("span", default=NOTHING)


def use(tracer: Tracer | None) -> None:
    """Takes what makes the spans of this process from now on; None: nothing does."""
    global _tracer
    _tracer = tracer


def are_on() -> bool:
    """True while spans are made."""
    return _tracer is not None


def current() -> str | None:
    """Returns the place of the work in hand, None where it is not traced."""
    return None if _tracer is None else _CURRENT.get().traceparent


def note(**said: Unpack[Said]) -> None:
    """Takes what is to be known of the work in hand."""
    if _tracer is not None:
        _CURRENT.get().note(**said)


def begun(name: str, kind: Kind, parent: str | None = None) -> AbstractContextManager[Span]:
    """Takes a name, the kind and the place that came with it, if any did; returns the span of what
    comes in here. It follows from the work in hand, where there is any."""
    if _tracer is None:
        return _NOTHING
    return _within(_tracer.begin(name, kind, current() or parent))


def followed(
    name: str, kind: Kind, parent: str | None, beside: Sequence[str] = ()
) -> AbstractContextManager[Span]:
    """Takes a name, the kind, the place it follows from and others it has to do with; returns its
    span, which is nothing where it follows from nothing."""
    if _tracer is None or parent is None:
        return _NOTHING
    return _within(_tracer.begin(name, kind, parent, beside))


def child(name: str) -> AbstractContextManager[Span]:
    """Takes a name; returns the span of a part of the work in hand, nothing where that is not
    traced."""
    return followed(name, "internal", current())


def each(
    name: str, kind: Kind, parents: Sequence[str | None]
) -> AbstractContextManager[Sequence[Span]]:
    """Takes a name, the kind and the places that several things done together follow from; returns
    a span for each, which end together."""
    if _tracer is None or not any(parents):
        return nullcontext([NOTHING] * len(parents))
    return _together(_tracer, name, kind, parents)


@contextmanager
def _within(span: Span) -> Generator[Span]:
    token = _CURRENT.set(span)
    try:
        yield span
    except BaseException as error:
        span.failed(type(error).__name__)
        raise
    finally:
        _CURRENT.reset(token)
        span.end()


@contextmanager
def _together(
    tracer: Tracer, name: str, kind: Kind, parents: Sequence[str | None]
) -> Generator[Sequence[Span]]:
    made = [NOTHING if one is None else tracer.begin(name, kind, one) for one in parents]
    try:
        yield made
    except BaseException as error:
        for span in made:
            span.failed(type(error).__name__)
        raise
    finally:
        for span in made:
            span.end()
