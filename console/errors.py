"""What a person is shown when something does not go on; programs get the same as JSON."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from console.pages import message
from console.session.gate import FormRefused, Gate, OrganisationNeeded, SessionEnded, SignInNeeded
from console.session.routes import session_ended
from console.sign_in.routes import ORGANISATION, sign_in_address, with_return
from registry.api.outcomes import FhirError

_log = logging.getLogger(__name__)
HOME = ("/", "Go to the first page")

TEXTS = {
    403: ("You can’t open this page", "Your organisation’s role does not include it."),
    404: (
        "Page not found",
        "If you typed the address, check it. If you followed a link, the page may have moved.",
    ),
    405: ("This address can’t be used like that", "Go back and use the buttons on the page."),
}

# What the record refuses.
REFUSED = {
    403: TEXTS[403],
    404: (
        "There is nothing here for your organisation",
        "What you asked for is not there, or your organisation has no part in it.",
    ),
    412: (
        "This has changed",
        "Somebody changed this while you had the page open. Nothing was done. Open the page again.",
    ),
    429: ("Too much at once", "Wait a moment, then try again."),
    503: (
        "This can’t be done now",
        "What you do here is put on record, and that was not possible just now. Try again in a "
        "minute.",
    ),
}


class Errors:
    """The handlers of the console's exceptions, by their type."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.handlers = {
            SignInNeeded: self._sign_in,
            SessionEnded: self._ended,
            FormRefused: self._form,
            HTTPException: self._http,
            FhirError: self._refused,
            Exception: self._unforeseen,
        }

    async def _sign_in(self, _: Request, error: Exception) -> Response:
        assert isinstance(error, SignInNeeded)
        if isinstance(error, OrganisationNeeded):
            return RedirectResponse(with_return(ORGANISATION, error.wanted), 303)
        return RedirectResponse(sign_in_address(error.wanted), 303)

    async def _ended(self, _: Request, error: Exception) -> Response:
        assert isinstance(error, SessionEnded)
        response = session_ended(error.wanted)
        self._gate.cookie.clear(response)
        return response

    async def _form(self, request: Request, error: Exception) -> Response:
        _log.warning("form refused: %s", error)
        return message(
            403,
            "This was not done",
            [
                "What was sent did not come from a page of your present session. This happens "
                "when you signed in again, or chose another organisation, in another window.",
                "Nothing was changed. Open the page again and repeat the step.",
            ],
            session=await self._gate.present(request),
            link=HOME,
        )

    async def _http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"error": error.detail}, error.status_code, error.headers)
        title, text = TEXTS.get(error.status_code, ("This did not work", str(error.detail)))
        session = await self._gate.present(request)
        response = message(error.status_code, title, [text], session=session, link=HOME)
        response.headers.update(error.headers or {})
        return response

    async def _refused(self, request: Request, error: Exception) -> Response:
        """What the record refuses a page, as the API would refuse a client."""
        assert isinstance(error, FhirError)
        status = 404 if error.status == 410 else error.status
        title, text = REFUSED.get(status, ("This did not work", error.issues[0].text))
        session = await self._gate.present(request)
        response = message(status, title, [text], session=session, link=HOME)
        response.headers.update(error.headers)
        return response

    async def _unforeseen(self, _: Request, __: Exception) -> Response:
        # Raised again behind this page: whoever serves us logs its place, not its text.
        return message(
            500,
            "Sorry, there is a problem with this service",
            ["Try again in a few minutes. What you had sent before is kept."],
            link=HOME,
        )
