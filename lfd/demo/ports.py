"""Where the demo listens: the usual ports where they are free, others where they are not."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from lfd.endpoint import Endpoint

HOST = "127.0.0.1"
ANY = 0


def choose(wanted: list[int]) -> list[Endpoint]:
    """Takes the ports one would like; returns as many addresses that are free, those where they
    can be had."""
    with ExitStack() as held:
        return [_free(port, held) for port in wanted]


def _free(port: int, held: ExitStack) -> Endpoint:
    """Held until all are chosen, so that none is given twice."""
    try:
        return _hold(port, held)
    except OSError:
        return _hold(ANY, held)


def _hold(port: int, held: ExitStack) -> Endpoint:
    found = held.enter_context(socket.socket())
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((HOST, port))
    # Bound alone, the port could be had once more: SO_REUSEADDR keeps others out of it only now.
    found.listen()
    return Endpoint(HOST, found.getsockname()[1])
