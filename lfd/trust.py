"""The options that say whose keys and whose access tokens a registry trusts."""

from __future__ import annotations

from argparse import Namespace

from lfd.failure import Failure
from registry.access.issuers import reading
from registry.access.issuers.issuer import TrustedIssuers
from registry.outgoing.address import AddressError, AllowedHosts
from yaml_source import SourceError


def jwks_hosts(chosen: Namespace) -> AllowedHosts:
    """Takes a command's --jwks-host; returns the hosts that keys may be fetched from. Failure: one
    can't be read."""
    try:
        return AllowedHosts.of(chosen.jwks_host)
    except AddressError as error:
        raise Failure(f"--jwks-host: {error}") from error


def trusted_issuers(chosen: Namespace) -> TrustedIssuers:
    """Takes a command's --issuers and --jwks-host; returns whose access tokens are trusted: ours
    alone without a file. Failure: the file can't be used."""
    if chosen.issuers is None:
        return TrustedIssuers()
    try:
        return reading.read(chosen.issuers, jwks_hosts(chosen))
    except SourceError as error:
        raise Failure(f"--issuers: {error}") from error
