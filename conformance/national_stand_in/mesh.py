"""The stand-in's message exchange: mailboxes with the signed requests of MESH.

Source: NHS England, Message Exchange for Social Care and Health API.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_MOST_APART = timedelta(hours=2)


@dataclass
class Message:
    """A message that waits."""

    sender: str
    workflow: str
    content: bytes
    headers: dict[str, str]


@dataclass
class Box:
    """A mailbox: its password and what waits in it, oldest first."""

    password: str
    waiting: dict[str, Message] = field(default_factory=dict[str, Message])
    handshakes: int = 0


class Exchange:
    """Mailboxes, known by a shared key."""

    def __init__(self, shared_key: bytes) -> None:
        self._shared_key = shared_key
        self.boxes: dict[str, Box] = {}
        self._nonces: set[tuple[str, str]] = set()

    def put(self, to: str, sender: str, workflow: str, content: bytes, **headers: str) -> str:
        """Takes a mailbox that is there, and a message; returns the message's id."""
        message_id = uuid4().hex.upper()
        self.boxes[to].waiting[message_id] = Message(sender, workflow, content, headers)
        return message_id

    def routes(self) -> list[Route]:
        """Returns the exchange's routes."""
        base = "/messageexchange/{box}"
        return [
            Route(base, self._handshake, methods=["POST"]),
            Route(f"{base}/inbox", self._list),
            Route(f"{base}/inbox/{{message}}", self._message),
            Route(
                f"{base}/inbox/{{message}}/status/acknowledged", self._acknowledge, methods=["PUT"]
            ),
            Route(f"{base}/outbox", self._send, methods=["POST"]),
        ]

    def _box(self, request: Request) -> Box | None:
        """The mailbox of the address, where the request is signed for it."""
        name = request.path_params["box"]
        box = self.boxes.get(name)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        parts = token.split(":")
        if box is None or scheme != "NHSMESH" or len(parts) != 5:
            return None
        mailbox, nonce, count, at, signature = parts
        signed = f"{mailbox}:{nonce}:{count}:{box.password}:{at}".encode()
        expected = hmac.new(self._shared_key, signed, sha256).hexdigest()
        is_new = (nonce, count) not in self._nonces
        self._nonces.add((nonce, count))
        is_signed = mailbox == name and hmac.compare_digest(signature, expected)
        return box if is_signed and is_new and _is_now(at) else None

    async def _handshake(self, request: Request) -> Response:
        box = self._box(request)
        if box is None:
            return Response(status_code=403)
        box.handshakes += 1
        return JSONResponse({"mailboxId": request.path_params["box"]})

    async def _list(self, request: Request) -> Response:
        box = self._box(request)
        if box is None:
            return Response(status_code=403)
        messages = list(box.waiting)[:500]
        links = {"self": request.url.path}
        return JSONResponse(
            {"messages": messages, "links": links, "approx_inbox_count": len(box.waiting)}
        )

    async def _message(self, request: Request) -> Response:
        box = self._box(request)
        if box is None:
            return Response(status_code=403)
        message_id = request.path_params["message"]
        message = box.waiting.get(message_id)
        if message is None:
            return Response(status_code=404)
        headers = {
            "Mex-From": message.sender,
            "Mex-To": request.path_params["box"],
            "Mex-WorkflowID": message.workflow,
            "Mex-MessageID": message_id,
            "Mex-MessageType": "DATA",
            "Mex-Chunk-Range": "1:1",
            **message.headers,
        }
        return Response(message.content, 200, headers, "application/octet-stream")

    async def _acknowledge(self, request: Request) -> Response:
        box = self._box(request)
        if box is None:
            return Response(status_code=403)
        gone = box.waiting.pop(request.path_params["message"], None)
        return Response(status_code=410 if gone is None else 200)

    async def _send(self, request: Request) -> Response:
        if self._box(request) is None:
            return Response(status_code=403)
        to = request.headers.get("mex-to", "")
        workflow = request.headers.get("mex-workflowid", "")
        if to not in self.boxes or not workflow:
            said = {"event": "SEND", "code": "12", "msg": "Unregistered to address"}
            return JSONResponse({"message_id": "", "detail": [said]}, 417)
        sender = request.path_params["box"]
        named = {"mex-localid": "Mex-LocalID", "mex-subject": "Mex-Subject"}
        headers = {to: request.headers[of] for of, to in named.items() if of in request.headers}
        message_id = self.put(to, sender, workflow, await request.body(), **headers)
        return JSONResponse({"message_id": message_id}, 202)


def _is_now(at: str) -> bool:
    try:
        moment = datetime.strptime(at, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(datetime.now(UTC) - moment) < _MOST_APART
