"""Why an address cannot be listened at, told to whoever named it."""

from __future__ import annotations

import errno
import socket

from lfd.endpoint import Endpoint
from lfd.failure import Failure

_WHAT_TO_DO = {
    errno.EADDRINUSE: "something else listens there; end it, or name another port",
    errno.EADDRNOTAVAIL: "this machine has no such address; name one of its own",
    # socket.create_server passes on what the look-up of the name said.
    socket.EAI_NONAME: "there is no such host; name an address of this machine",
    errno.EACCES: "this user may not listen at that port; name one from 1024 on",
}


def not_listening(what: str, where: Endpoint, option: str, error: OSError) -> Failure:
    """Takes what was to be done there, the address, the option that names it, and why it cannot be
    listened at; returns that as a line for people, with what to do."""
    why = _WHAT_TO_DO.get(error.errno or 0, f"{error.strerror}; name another address")
    return Failure(f"cannot {what} at {where}: {why} with {option} HOST:PORT")
