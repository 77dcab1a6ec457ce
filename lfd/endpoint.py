"""A host and a port, as options name them."""

from __future__ import annotations

import argparse
from typing import NamedTuple


class Endpoint(NamedTuple):
    """A host and a port to listen on or to connect to."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def endpoint(text: str) -> Endpoint:
    """Takes HOST:PORT; ArgumentTypeError where it is not."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, like 127.0.0.1:2575")
    return Endpoint(host.strip("[]"), int(port))
