"""Who you are here, and for whom."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages import page
from console.session.gate import Gate
from console.session.session import Session
from console.settings import SessionTerms


class AccountRoutes:
    """The page, which also says when the session will end."""

    def __init__(self, gate: Gate, terms: SessionTerms) -> None:
        self._terms = terms
        self.routes = [Route("/account", gate.page(self._account), methods=["GET"])]

    async def _account(self, _: Request, session: Session) -> Response:
        return page(
            "account",
            session=session,
            idle_minutes=round(self._terms.idle.total_seconds() / 60),
            absolute_hours=round(self._terms.absolute.total_seconds() / 3600),
        )
