"""Where notifications may be sent: an allow-list of hosts, and which network addresses they may
have.

Source: OWASP API Security 2023, API7 (server-side request forgery).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from registry.outgoing.address import Address, AddressError, AllowedHosts, may_connect, parse

Network = IPv4Network | IPv6Network


class EndpointRefused(ValueError):
    """Nothing is sent there; str() is one line that says why, without the address."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The hosts that may be sent to, none unless named; the networks that are not public and yet
    may be reached (an internal one, as HSCN); and whether any port of this machine may be, which is
    for a machine on which all of it runs."""

    hosts: AllowedHosts = field(default_factory=AllowedHosts)
    networks: tuple[Network, ...] = ()
    is_loopback_allowed: bool = False

    def check(self, url: str) -> Address:
        """Takes an endpoint's address; returns its parts. EndpointRefused: not https (or http on
        this machine), unreadable, or its host and port are not on the list."""
        try:
            address = parse(url)
        except AddressError as error:
            raise EndpointRefused(str(error)) from None
        if self.is_loopback_allowed and address.is_loopback:
            return address
        if not self.hosts.has(address):
            raise EndpointRefused(
                "its host is not on this registry's list (--subscription-hosts); ask whoever runs "
                "it to add the host"
            )
        return address

    def may_connect(self, address: Address, found: str) -> bool:
        """Takes an allowed address and the network address that its host turned out to have; True
        if that is public, of the networks named, or this machine's where this machine was asked
        for."""
        try:
            network = ip_address(found.partition("%")[0])
        except ValueError:
            return False
        return may_connect(address, found) or any(network in one for one in self.networks)


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Takes networks as a person writes them, `10.0.0.0/8`; returns them. EndpointRefused names
    the one that can't be read."""
    found: list[Network] = []
    for text in written:
        try:
            found.append(ip_network(text))
        except ValueError:
            raise EndpointRefused(f"{text!r} is no network like 10.0.0.0/8") from None
    return tuple(found)
