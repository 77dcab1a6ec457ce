"""HL7 over HTTP: one message per POST, its acknowledgement in the answer.

Source: HAPI's "HL7 over HTTP" specification: every HL7 acknowledgement, AE and AR too, is HTTP 200,
and no other status carries one.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapter.http_authentication import Guard, Unauthenticated
from adapter.mllp.framing import HEAD, LIMIT
from adapter.receiver import Receiver, answers
from tracing.place import HEADER

_log = logging.getLogger(__name__)
PATH = "/hl7v2"
CONTENT_TYPE = "x-application/hl7-v2+er7"
BODY_SECONDS = 60.0
# Whoever was refused, or was too slow, is not waited for with the rest of what it sends.
_CLOSE = {"Connection": "close"}


def route(
    receiver: Receiver, limit: int = LIMIT, guard: Guard | None = None, within: float = BODY_SECONDS
) -> Route:
    """Takes what receives messages, the largest message in bytes, what says who sent it (None:
    nobody is asked), and the seconds for a request to arrive; returns `POST /hl7v2`."""

    async def answer(request: Request) -> Response:
        try:
            by = guard.sender(request) if guard else None
        except Unauthenticated as refusal:
            return await _refused(request, within, refusal.challenge)
        try:
            async with asyncio.timeout(within):
                body, size = await _read(request, limit)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            _log.warning("http request refused status=408")
            return _error(408, "the request did not arrive in time", _CLOSE)
        if size > limit:
            acknowledgements = await receiver.refuse_oversize(body[:HEAD])
        else:
            verdict = await receiver.take(body, by, request.headers.get(HEADER))
            if verdict.forbidden is not None and verdict.reason is not None:
                return _error(403, verdict.reason.text)
            acknowledgements = answers(verdict)
        if not acknowledgements:
            return Response(status_code=204)
        # One request has one answer: of commit and application acknowledgement, the latter.
        return Response(acknowledgements[-1], headers={"Content-Type": CONTENT_TYPE})

    return Route(PATH, answer, methods=["POST"])


async def _refused(request: Request, within: float, challenge: str) -> Response:
    """401, after the request was read to its end: many clients hear nothing before."""
    with suppress(ClientDisconnect, TimeoutError):
        async with asyncio.timeout(within):
            await _read(request, 0)
    text = "a token of the sender file, or a certificate, is needed"
    return _error(401, text, {"WWW-Authenticate": challenge, **_CLOSE})


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status, headers)


async def _read(request: Request, limit: int) -> tuple[bytes, int]:
    """The body, cut to its first part where it is over the limit, and its whole size."""
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            body += chunk
        else:
            body += chunk[: max(0, HEAD - len(body))]
            del body[HEAD:]
    return bytes(body), size
