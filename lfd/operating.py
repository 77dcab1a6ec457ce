"""Who runs this command: the name under which what they look at goes on record."""

from __future__ import annotations

import os
import pwd
import re
import socket

from registry.audit.operators import Operator

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def operator() -> Operator:
    """The user of this process as the operating system knows it, which no environment variable
    changes, and the machine. Whoever came by sudo is named beside the user they became."""
    return Operator(
        as_known(_name(os.getuid()), os.environ.get("SUDO_USER", "")), socket.gethostname()
    )


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        # In a container there may be a number without a name.
        return f"uid-{number}"


def as_known(user: str, before: str) -> str:
    """Takes the user and who sudo says they were before ("": nobody; anybody may set it, so only a
    plain name is taken); returns both, or the user."""
    return f"{before}/{user}" if _NAME.fullmatch(before) else user
