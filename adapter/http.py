"""HL7 over HTTP: one message per POST, its acknowledgement in the answer.

Source: HAPI's "HL7 over HTTP" specification: every HL7 acknowledgement, AE and AR too, is HTTP 200.
"""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from adapter.mllp.framing import HEAD, LIMIT
from adapter.receiver import Receiver

PATH = "/hl7v2"
CONTENT_TYPE = "x-application/hl7-v2+er7"


def route(receiver: Receiver, limit: int = LIMIT) -> Route:
    """Takes what receives messages, and the largest message in bytes; returns `POST /hl7v2`."""

    async def answer(request: Request) -> Response:
        try:
            body, size = await _read(request, limit)
        except ClientDisconnect:
            return Response(status_code=400)
        if size > limit:
            answers = await receiver.refuse_oversize(body[:HEAD])
        else:
            answers = await receiver.receive(body)
        if not answers:
            return Response(status_code=204)
        # One request has one answer: of commit and application acknowledgement, the latter.
        return Response(answers[-1], headers={"Content-Type": CONTENT_TYPE})

    return Route(PATH, answer, methods=["POST"])


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
