"""Runs one function over many pieces of work on all cores, with the results in order.

A little work is done here, so that it need not wait for other processes to start.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from adapter import child_process
from lfd.collector import spare_the_collector
from lfd.failure import Failure

Work = TypeVar("Work")
Result = TypeVar("Result")

FEW = 4
"""So many pieces are done here, one after another, before it is worth starting processes."""


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    function: Callable[[Work], Result], works: Iterator[Work], processes: int
) -> Iterator[tuple[Work, Result]]:
    """Takes a function, its work, and how many processes may do it; yields each piece of work with
    its result, in order. No more than a few pieces per process are ever held."""
    for work in islice(works, FEW) if processes > 1 else works:
        yield work, function(work)
    following = next(works, None)
    if following is not None:
        yield from _shared(function, _and(following, works), processes)


def _and(first: Work, others: Iterator[Work]) -> Iterator[Work]:
    yield first
    yield from others


def _shared(
    function: Callable[[Work], Result], works: Iterator[Work], processes: int
) -> Iterator[tuple[Work, Result]]:
    # A forked process shares what is loaded already; elsewhere the function is sent and loads it.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(processes, context, _start, (function,))
    try:
        yield from _flow(pool, works, processes * 2)
    except BrokenProcessPool as error:
        raise Failure("a process that was converting has died: is there enough memory?") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _flow(
    pool: ProcessPoolExecutor, works: Iterator[Work], most: int
) -> Iterator[tuple[Work, Any]]:
    waiting: deque[tuple[Work, Future[Any]]] = deque()
    for work in works:
        waiting.append((work, pool.submit(_run, work)))
        if len(waiting) >= most:
            done, result = waiting.popleft()
            yield done, result.result()
    for done, result in waiting:
        yield done, result.result()


_function: Callable[[Any], Any] | None = None


def _start(function: Callable[[Any], Any]) -> None:
    """In a new process: keeps the function, leaves Ctrl-C to the parent, and ends when it does."""
    global _function
    _function = function
    spare_the_collector()
    child_process.begin()


def _run(work: Any) -> Any:
    assert _function is not None
    return _function(work)
