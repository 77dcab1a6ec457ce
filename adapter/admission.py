"""How many connections are let in at once, in all and from one address. No input or output."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

TOO_MANY = "too-many"
TOO_MANY_OF_ADDRESS = "too-many-of-address"


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """The most connections in all and from one address; seconds for the TLS handshake."""

    connections: int = 256
    of_address: int = 128
    handshake: float = 10.0


class Admission:
    """Counts who is in. A connection counts from its first packet, before any handshake."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self._inside: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """Takes the address of a peer; lets it in and returns None, or returns why not."""
        origin = origin_of(address)
        if self._inside.total() >= self._limits.connections:
            return TOO_MANY
        if self._inside[origin] >= self._limits.of_address:
            return TOO_MANY_OF_ADDRESS
        self._inside[origin] += 1
        return None

    def leave(self, address: str) -> None:
        """Takes the address of a peer that was let in and has gone."""
        origin = origin_of(address)
        self._inside[origin] -= 1
        if not self._inside[origin]:
            del self._inside[origin]


def origin_of(address: str) -> str:
    """Takes an IP address; returns what is counted as one peer: all of an IPv6 network of 64 bits
    is one, because one machine can take any address in it."""
    read = ip_address(address.partition("%")[0])
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ip_network((read, 64), strict=False))
