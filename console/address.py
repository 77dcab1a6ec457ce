"""Which addresses the console trusts with people's sign-in: https, or http on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


class AddressError(ValueError):
    """An address can't be used; str() says which one, why, and what to give instead."""


def is_loopback(host: str) -> bool:
    """Takes a host name or address; True if it can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked(url: str, what: str) -> str:
    """Takes an address and its name for people; returns it. AddressError: not https, and not http
    on this machine, or with parts that no such address has."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # ValueError where the port is none
    except ValueError as error:
        raise AddressError(f"{what} is not an address: give https://HOST") from error
    if not host or parts.username is not None or parts.fragment:
        raise AddressError(f"{what} must be an address like https://HOST/PATH")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise AddressError(f"{what} must begin with https:// (http:// only on this machine)")
    return url


def origin(url: str) -> str:
    """Takes an absolute address; returns its origin (RFC 6454), as browsers write it."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    shown = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{name}{shown}"
