"""Submissions to the registry, and what its answers mean for the messages."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, cast
from uuid import UUID, uuid4

import httpx
import orjson

from adapter.token import TokenRefused, TokenSource
from tracing import spans
from tracing.place import HEADER

_log = logging.getLogger(__name__)

# A registry whose database server went away runs a message again for 30 seconds, and its last try
# may wait 30 more for a connection. Whoever hangs up before does not hear that it was taken, and
# sends it again while the registry still works on it.
TIMEOUT = httpx.Timeout(30.0, read=75.0)

_AWAY = frozenset({408, 425, 429, 502, 503, 504})
# Answers about who asks and where; without an OperationOutcome they say nothing of the message.
_ABOUT_US = frozenset({403, 404, 405, 407, 421})
_LONGEST_TEXT = 2000
_LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The registry has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The registry will not take this message as it is; what it says about it."""

    text: str


@dataclass(frozen=True, slots=True)
class Later:
    """The registry failed on this message; it may not fail the next time."""

    why: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The registry cannot be asked now, or not by us; seconds it asks us to wait."""

    why: str
    retry_after: float | None = None


Outcome = Delivered | Refused | Later | Unavailable


class Message(Protocol):
    """What is submitted: a Bundle as JSON, and the name of its request."""

    @property
    def bundle(self) -> bytes: ...

    @property
    def request_id(self) -> UUID: ...


class RegistryClient:
    """Submits Bundles to `{base}/$process-message`, one by one or several in a batch."""

    def __init__(self, http: httpx.AsyncClient, base: str, tokens: TokenSource) -> None:
        """Takes the registry's FHIR base address, and where access tokens come from."""
        self._http = http
        self._base = base.rstrip("/")
        self._tokens = tokens

    async def submit(self, message: Message) -> Outcome:
        """Takes a message; returns what came of it."""
        address = f"{self._base}/$process-message"
        answer = await self._asked(address, message.bundle, str(message.request_id))
        return judge(answer) if isinstance(answer, httpx.Response) else answer

    async def submit_all(self, messages: Sequence[Message]) -> list[Outcome]:
        """Takes messages; returns what came of each, in their order.

        Several go in one batch, in which each stands for itself. Only what was taken is believed
        of it: whatever else is said of a message is said of it alone."""
        if len(messages) == 1:
            return [await self.submit(messages[0])]
        answer = await self._asked(self._base, batch(messages), str(uuid4()))
        if not isinstance(answer, httpx.Response):
            return [answer] * len(messages)
        outcome = judge(answer)
        if isinstance(outcome, Unavailable):
            return [outcome] * len(messages)
        away: Unavailable | None = None
        outcomes: list[Outcome] = []
        for message, was_taken in zip(messages, taken(answer, len(messages)), strict=True):
            # Once it cannot be asked, the others need not find that out one after the other.
            outcome = Delivered() if was_taken else away or await self.submit(message)
            if isinstance(outcome, Unavailable):
                away = outcome
            outcomes.append(outcome)
        return outcomes

    async def _asked(
        self, address: str, content: bytes, request_id: str
    ) -> httpx.Response | Unavailable:
        try:
            token = await self._tokens.token()
            response = await self._post(address, content, request_id, token)
            if response.status_code == 401:
                self._tokens.forget(token)
                token = await self._tokens.token()
                response = await self._post(address, content, request_id, token)
        except httpx.HTTPError as error:
            return Unavailable(type(error).__name__)
        except TokenRefused as error:
            _log.error("registry gives no access token reason=%s", error.reason.replace(" ", "_"))
            return Unavailable(error.reason)
        spans.note(status=response.status_code)
        return response

    async def _post(
        self, address: str, content: bytes, request_id: str, token: str
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/fhir+json",
            "Accept": "application/fhir+json",
            "X-Request-ID": request_id,
        }
        if (place := spans.current()) is not None:
            headers[HEADER] = place
        return await self._http.post(address, content=content, headers=headers)


def batch(messages: Iterable[Message]) -> bytes:
    """Takes messages; returns a FHIR batch in which each is sent to `$process-message`, under its
    own request id."""
    request = {"method": "POST", "url": "$process-message"}
    entries = [
        {
            "fullUrl": message.request_id.urn,
            "resource": orjson.Fragment(message.bundle),
            "request": request,
        }
        for message in messages
    ]
    return orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})


def taken(response: httpx.Response, sent: int) -> list[bool]:
    """Takes the registry's answer to a batch, and how many messages were sent; returns which of
    them it took, in their order: none where it is no answer to that batch."""
    none = [False] * sent
    if not response.is_success:
        return none
    try:
        said: Any = orjson.loads(response.content)
        statuses = [str(entry["response"]["status"]) for entry in said["entry"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return none
    return [status.startswith("2") for status in statuses] if len(statuses) == sent else none


def judge(response: httpx.Response) -> Outcome:
    """Takes the registry's answer; returns what it means for the message."""
    status = response.status_code
    if response.is_success:
        return Delivered()
    if status in _AWAY:
        return Unavailable(f"HTTP {status}", retry_after(response.headers.get("Retry-After")))
    if status >= 500:
        return Later(f"HTTP {status}")
    said = outcome_text(response.content)
    if status < 400 or status == 401 or (status in _ABOUT_US and not said):
        return Unavailable(f"HTTP {status}")
    return Refused(
        f"The registry refused it (HTTP {status}): {said or 'it does not say why'}"[:_LONGEST_TEXT]
    )


def retry_after(value: str | None) -> float | None:
    """Takes a Retry-After header, seconds or a date; returns seconds, at most five minutes."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT) if seconds == seconds else None


def outcome_text(body: bytes) -> str:
    """Takes an answer's body; returns what its OperationOutcome says, '' where there is none."""
    try:
        outcome: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(outcome, dict):
        return ""
    resource = cast("dict[str, Any]", outcome)
    if resource.get("resourceType") != "OperationOutcome":
        return ""
    return "; ".join(_issue_texts(resource.get("issue"))).replace("\0", "") or "no details"


def _issue_texts(issues: Any) -> Iterable[str]:
    for issue in cast("list[Any]", issues) if isinstance(issues, list) else []:
        if not isinstance(issue, dict):
            continue
        known = cast("dict[str, Any]", issue)
        details = known.get("details")
        text = cast("dict[str, Any]", details).get("text") if isinstance(details, dict) else None
        said = known.get("diagnostics") or text or known.get("code")
        if isinstance(said, str):
            yield said
