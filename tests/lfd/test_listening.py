"""What is said where an address cannot be listened at."""

from __future__ import annotations

import socket

import pytest

from adapter.listener import bound
from lfd.endpoint import Endpoint
from lfd.listening import not_listening

HERE = "127.0.0.1"


def said(host: str, port: int) -> str:
    """The line of a command that cannot listen there."""
    with pytest.raises(OSError) as failed:
        bound(host, port).close()
    return str(not_listening("serve HTTP", Endpoint(host, port), "--http", failed.value))


def test_a_port_that_is_taken() -> None:
    with socket.create_server((HERE, 0)) as other:
        port = other.getsockname()[1]
        assert said(HERE, port) == (
            f"cannot serve HTTP at {HERE}:{port}: something else listens there; end it, or name "
            "another port with --http HOST:PORT"
        )


# Addresses for documentation (RFC 5737) are nobody's, and .invalid (RFC 2606) is no name.
@pytest.mark.parametrize(
    ("host", "why"),
    [("192.0.2.1", "this machine has no such address"), ("x.invalid", "there is no such host")],
)
def test_an_address_that_is_not_ours(host: str, why: str) -> None:
    assert why in said(host, 2575)


def test_a_port_that_is_not_for_everybody() -> None:
    error = PermissionError(13, "Permission denied")
    line = str(not_listening("listen for MLLP", Endpoint(HERE, 104), "--mllp", error))
    assert "name one from 1024 on with --mllp HOST:PORT" in line


def test_any_other_reason_is_said_as_the_system_says_it() -> None:
    error = OSError(97, "Address family not supported by protocol")
    line = str(not_listening("serve HTTP", Endpoint("::1", 1), "--http", error))
    assert line.startswith("cannot serve HTTP at [::1]:1: Address family not supported")
