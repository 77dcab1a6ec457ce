"""Where keys may be fetched: only what was named, and never inside a network by a detour."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.outgoing.address import AddressError, AllowedHosts, may_connect, parse

HOSTS = AllowedHosts.of(["keys.example", "other.example:8443", "127.0.0.1:9000", "[::1]:9000"])
PUBLIC = parse("https://keys.example/jwks")
HERE = parse("http://127.0.0.1:9000/jwks")
INSIDE = [
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")
]


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://keys.example", "keys.example", 443, "/"),
        ("https://KEYS.example:443/a/jwks.json?v=1", "keys.example", 443, "/a/jwks.json?v=1"),
        ("https://other.example:8443/jwks", "other.example", 8443, "/jwks"),
        ("http://127.0.0.1:9000/jwks", "127.0.0.1", 9000, "/jwks"),
        ("https://127.0.0.1:9000/jwks", "127.0.0.1", 9000, "/jwks"),
        ("http://[::1]:9000/jwks", "[::1]", 9000, "/jwks"),
    ],
)
def test_takes_what_is_on_the_list(url: str, host: str, port: int, target: str) -> None:
    found = HOSTS.check(url)
    assert (found.host, found.port, found.target) == (host, port, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "keys.example/jwks",
        "ftp://keys.example/jwks",
        "file:///etc/passwd",
        "http://keys.example/jwks",
        "https://keys.example:8443/jwks",
        "https://other.example/jwks",
        "https://keys.example.evil.example/jwks",
        "https://evil.example/keys.example",
        "https://keys.example@evil.example/jwks",
        "https://evil.example@keys.example/jwks",
        "https://evil.example\\@keys.example/jwks",
        "https://keys.example#@evil.example/",
        "https://keys.example/jwks#part",
        "https://keys.example:99999/",
        "https://keys.example:x/",
        "https:///jwks",
        "https://[::1/jwks",
        "https://keys.example/a b",
        "https://keys.example/\r\nHost: evil.example",
        "https://kéys.example/",
        "http://localhost:9000/jwks",
        "http://127.0.0.1/jwks",
        "http://127.1:9000/jwks",
        "http://2130706433:9000/jwks",
        "https://keys.example/" + "a" * 2000,
    ],
)
def test_refuses_what_is_not(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        HOSTS.check(url)
    assert "evil" not in str(caught.value)


def test_nothing_is_allowed_unless_it_is_named() -> None:
    with pytest.raises(AddressError):
        AllowedHosts().check("https://keys.example/jwks")


@pytest.mark.parametrize(
    "written",
    ["", "https://keys.example", "a b", "keys.example/x", "u@keys.example", "x:port", "é"],
)
def test_a_host_that_cannot_be_read(written: str) -> None:
    with pytest.raises(AddressError):
        AllowedHosts.of([written])


@pytest.mark.parametrize(
    ("found", "may"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.31.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("not an address", False),
    ],
)
def test_only_public_addresses(found: str, may: bool) -> None:
    assert may_connect(PUBLIC, found) is may


@given(st.sampled_from(INSIDE).flatmap(lambda net: st.integers(int(net[0]), int(net[-1]))))
def test_no_address_inside_in_either_notation(number: int) -> None:
    inside = IPv4Address(number)
    assert not may_connect(PUBLIC, str(inside))
    assert not may_connect(PUBLIC, f"::ffff:{inside}")
    assert not may_connect(PUBLIC, str(IPv6Address((0x64FF9B << 96) | number)))


def test_this_machine_only_where_it_was_named() -> None:
    assert may_connect(HERE, "127.0.0.1")
    assert may_connect(HERE, "::1")
    assert not may_connect(HERE, "93.184.216.34")
    assert not may_connect(HERE, "10.0.0.1")
