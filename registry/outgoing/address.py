"""Where we connect on a client's word: an allow-list of hosts, and which network addresses they may
have.

Source: OWASP API Security 2023, API7 (server-side request forgery).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_LENGTH = 2000
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PORTS = {"https": 443, "http": 80}
# Public by their look, but with an IPv4 address inside that need not be.
_TUNNELS = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("2001::/32"))


class AddressError(ValueError):
    """The address is not one to connect to; str() is one line that says why, without it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts; `target` is path and query, `host` in lower case."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_loopback(self) -> bool:
        """True if the host is a name of this machine."""
        return self.host in _LOOPBACK_NAMES

    @property
    def authority(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"


def parse(url: str) -> Address:
    """Takes an address; returns its parts. AddressError: not https (or http on this machine), with
    a user name, a fragment, an odd host, or too long."""
    if len(url) > MAX_LENGTH or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise AddressError(f"it must be up to {MAX_LENGTH} visible ASCII characters")
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname), parts.port
    except ValueError as error:
        raise AddressError("host or port can't be read") from error
    if parts.scheme not in _PORTS or "@" in parts.netloc or "#" in url:
        raise AddressError("it must begin with https://, without a user name or a fragment")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = Address(parts.scheme, host, port or _PORTS[parts.scheme], target)
    if address.scheme == "http" and not address.is_loopback:
        raise AddressError("it must begin with https://")
    return address


def _host(hostname: str | None) -> str:
    host = f"[{hostname}]" if hostname and ":" in hostname else hostname or ""
    if not _HOST.fullmatch(host):
        raise AddressError("the host can't be read")
    return host


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The hosts that may be connected to, each at one port; none unless it is named."""

    authorities: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def of(cls, written: Iterable[str]) -> AllowedHosts:
        """Takes hosts as a person writes them, HOST or HOST:PORT; AddressError names the one that
        can't be read."""
        return cls(frozenset(map(_authority, written)))

    def check(self, url: str) -> Address:
        """Takes an address; returns its parts. AddressError: not an address for keys, or its host
        and port are not on the list."""
        address = parse(url)
        if not self.has(address):
            raise AddressError("its host is not on the list of --jwks-host")
        return address

    def has(self, address: Address) -> bool:
        """True if the address's host and port are on the list."""
        own = _PORTS[address.scheme]
        return (address.host, address.port) in {
            (host, port or own) for host, port in self.authorities
        }


def _authority(written: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{written}")
        host, port = _host(parts.hostname), parts.port
    except ValueError as error:
        raise AddressError(f"{written!r} is no HOST or HOST:PORT") from error
    if parts.netloc != written or "@" in written or not written.isascii():
        raise AddressError(f"{written!r} is no HOST or HOST:PORT")
    return host, port


def may_connect(address: Address, found: str) -> bool:
    """Takes an allowed address and the network address its host turned out to have; True if that
    is a public one, or this machine's where this machine was asked for."""
    try:
        network = ip_address(found.partition("%")[0])
    except ValueError:
        return False
    network = _unwrapped(network)
    if address.is_loopback:
        return network.is_loopback
    in_tunnel = isinstance(network, IPv6Address) and any(network in one for one in _TUNNELS)
    return network.is_global and not network.is_multicast and not in_tunnel


def _unwrapped(network: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    inside = network.ipv4_mapped if isinstance(network, IPv6Address) else None
    return inside or network
