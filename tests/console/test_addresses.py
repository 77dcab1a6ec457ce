"""Addresses: which the console trusts, and where people may be sent."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.address import AddressError, checked, is_loopback, origin
from console.sign_in.return_to import safe

OURS = "https://console.example"
# The first characters decide, so they are drawn often.
TEMPTING = st.text(st.sampled_from("/\\:@?#.%ehtps \t\n\r\0\u00a0") | st.characters(), max_size=30)


@given(TEMPTING)
def test_people_are_only_ever_sent_to_a_page_of_ours(path: str) -> None:
    # Browsers drop tabs and line ends, take \ for /, and cut blanks from the ends (WHATWG URL).
    kept = safe(path)
    read = kept.translate({9: None, 10: None, 13: None}).strip().replace("\\", "/")
    target = urlsplit(urljoin(OURS, read))
    assert f"{target.scheme}://{target.netloc}" == OURS
    assert "\r" not in kept
    assert "\n" not in kept


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example", "/\t/evil",
     "javascript:alert(1)", "", None, "evil", "/" + "a" * 2000, "/caf\u00e9"],
)  # fmt: skip
def test_what_is_no_page_of_ours_is_the_first_page(path: str | None) -> None:
    assert safe(path) == "/"


@pytest.mark.parametrize("path", ["/", "/cases/12?page=2&sort=due", "/organisation"])
def test_a_page_of_ours_is_kept(path: str) -> None:
    assert safe(path) == path


@pytest.mark.parametrize(
    "url",
    ["https://cis2.example/openam", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:80"],
)
def test_addresses_that_are_safe(url: str) -> None:
    assert checked(url, "it") == url


@pytest.mark.parametrize(
    "url",
    ["http://console.example", "ftp://127.0.0.1", "console.example", "", "https://", "http://127.1",
     "https://me:secret@console.example", "https://console.example#x", "https://x:99999999",
     "http://127.0.0.1.evil.example", "http://localhost.evil.example"],
)  # fmt: skip
def test_addresses_that_are_not(url: str) -> None:
    with pytest.raises(AddressError, match="the console"):
        checked(url, "the console")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False), ("example", False)],
)  # fmt: skip
def test_what_is_this_machine(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://a.example:443/x?y", "https://a.example"), ("http://[::1]:80/", "http://[::1]"),
     ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://A.example", "https://a.example")],
)  # fmt: skip
def test_origins_are_as_browsers_write_them(url: str, expected: str) -> None:
    assert origin(url) == expected
