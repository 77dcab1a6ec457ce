"""One submission to the registry, and what its answer means for the message."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

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


class RegistryClient:
    """Submits Bundles to `{base}/$process-message`."""

    def __init__(self, http: httpx.AsyncClient, base: str, tokens: TokenSource) -> None:
        """Takes the registry's FHIR base address, and where access tokens come from."""
        self._http = http
        self._address = f"{base.rstrip('/')}/$process-message"
        self._tokens = tokens

    async def submit(self, bundle: bytes, request_id: str) -> Outcome:
        """Takes a Bundle as JSON and a name for the request; returns what came of it."""
        try:
            token = await self._tokens.token()
            response = await self._post(bundle, request_id, token)
            if response.status_code == 401:
                self._tokens.forget(token)
                response = await self._post(bundle, request_id, await self._tokens.token())
        except httpx.HTTPError as error:
            return Unavailable(type(error).__name__)
        except TokenRefused as error:
            _log.error("registry gives no access token reason=%s", error.reason.replace(" ", "_"))
            return Unavailable(error.reason)
        spans.note(status=response.status_code)
        return judge(response)

    async def _post(self, bundle: bytes, request_id: str, token: str) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/fhir+json",
            "Accept": "application/fhir+json",
            "X-Request-ID": request_id,
        }
        if (place := spans.current()) is not None:
            headers[HEADER] = place
        return await self._http.post(self._address, content=bundle, headers=headers)


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
