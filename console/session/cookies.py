"""The console's two cookies: the session's, and that of a browser which is signing in."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that only this host sets and reads, no script sees, and no other site's form or
    picture sends (RFC 6265bis). Over plain http on this machine browsers take no `__Host-` name."""

    plain_name: str
    is_https: bool

    @property
    def name(self) -> str:
        """Its name on the wire."""
        return f"__Host-{self.plain_name}" if self.is_https else self.plain_name

    def read(self, request: Request) -> str | None:
        """Returns what the browser sent, None where it sent nothing."""
        return request.cookies.get(self.name) or None

    def write(self, response: Response, value: str) -> None:
        """Has the browser keep the value until it is closed."""
        response.set_cookie(
            self.name, value, path="/", secure=self.is_https, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        """Has the browser forget it."""
        response.delete_cookie(
            self.name, path="/", secure=self.is_https, httponly=True, samesite="lax"
        )


def session_cookie(*, is_https: bool) -> Cookie:
    """Returns the cookie that names a session."""
    return Cookie("lfd-session", is_https)


def browser_cookie(*, is_https: bool) -> Cookie:
    """Returns the cookie that binds a sign-in to the browser that began it."""
    return Cookie("lfd-sign-in", is_https)
