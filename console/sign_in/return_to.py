"""Where somebody wanted to go before they had to sign in: a page of ours, never another site."""

from __future__ import annotations

HOME = "/"
MAX_LENGTH = 1000


def safe(path: str | None) -> str:
    """Takes what a request asks to return to; returns it where it is a path of this origin as every
    browser reads it, else the home page."""
    if not path or len(path) > MAX_LENGTH or not path.startswith("/"):
        return HOME
    # Browsers take \\ for / and drop tabs and line ends before they look for //host.
    if path.startswith("//") or "\\" in path or any(c <= " " or c == "\x7f" for c in path):
        return HOME
    return HOME if not path.isascii() else path
