"""ASGI middleware: the headers that keep a page to itself, on every answer of the console.

Source: OWASP Secure Headers; Content Security Policy Level 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

YEAR_SECONDS = 31_536_000


def content_security_policy(form_targets: Sequence[str] = (), *, has_script: bool = False) -> str:
    """Takes the origins, beside our own, that a page's forms may go to, and whether it is one of
    the pages with a script; returns the policy: nothing from elsewhere, no script or style in the
    page itself, in nobody's frame. A script is a file of ours, and asks nobody but us."""
    scripts = ["script-src 'self'", "connect-src 'self'"] if has_script else []
    return "; ".join(
        [
            "default-src 'none'",
            *scripts,
            "style-src 'self'",
            "img-src 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


class SafeHeaders:
    """Adds what an answer does not say itself. `is_https`: browsers reach us by https, and are to
    do so from now on."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "Cache-Control": "no-store",
            # Not no-referrer: under it browsers send forms with `Origin: null`.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if is_https:
            self._headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and adds the headers to its answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
