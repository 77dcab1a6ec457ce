"""Our subscriptions at the national event service: made, listed and removed by hand. A subscription
is an agreement between organisations, so no registry makes one by itself.

Source: NHS England, Multicast Notification Service, /subscriptions: FHIR R4 Subscription, bearer
token of the application, X-Correlation-ID; delivery to a MESH mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import orjson

from registry.national.foreign_json import Json, as_object, objects
from registry.national.token import NoToken, Tokens

_FHIR_JSON = "application/fhir+json"
_MAILBOX = re.compile(r"[A-Z0-9]{4,40}", re.ASCII)
_WORKFLOW = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
# A service that always has one more page is broken.
_MOST_PAGES = 1000
_WHAT_TO_DO: Mapping[int, str] = {
    400: "it found a fault in the request: look at the event, the mailbox and the workflow",
    401: "it does not accept the token: look at the application's key and the address of tokens",
    403: "the application is not admitted to that: ask the service's team",
    404: "there is none of that id, or it is not this application's: list them",
    409: "there is one for that event and mailbox already: list them",
    429: "it is asked too often: wait, and try again",
}


class NotDone(Exception):
    """The service did not do it; str() is one line that says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A subscription as the service holds it; '' where it does not say."""

    id: str
    status: str
    criteria: str
    endpoint: str
    reason: str


def wanted(event: str, mailbox: str, workflow: str, reason: str) -> Json:
    """Takes an event type, our mailbox, the workflow under which its messages are to come, and why
    they are wanted; returns the Subscription. NotDone: the mailbox or the workflow is none."""
    if not _MAILBOX.fullmatch(mailbox):
        raise NotDone("a mailbox has 4 to 40 capital letters and digits, like X26OT001")
    if not _WORKFLOW.fullmatch(workflow):
        raise NotDone("a workflow has letters, digits, and _ . - between them, like LFD_EVENTS")
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": reason,
        "criteria": f"eventType={event}",
        "channel": {
            "type": "message",
            "endpoint": f"mesh://{mailbox}?workflow_id={workflow}",
            "payload": _FHIR_JSON,
        },
    }


class EventService:
    """The service, for one application."""

    def __init__(self, base: str, tokens: Tokens, http: httpx.AsyncClient) -> None:
        """Takes the service's address, the application's tokens, and the HTTP client."""
        self._subscriptions = f"{base.rstrip('/')}/subscriptions"
        self._tokens = tokens
        self._http = http

    async def subscribe(self, subscription: Json) -> str:
        """Takes a Subscription; returns the id that the service gave it. NotDone."""
        answer = await self._ask("POST", self._subscriptions, content=orjson.dumps(subscription))
        made = as_object(_body(answer)).get("id")
        if not isinstance(made, str) or not made:
            raise NotDone("it was made, but the answer has no id: list them")
        return made

    async def all(self) -> list[Agreement]:
        """Returns the application's subscriptions, from all pages. NotDone."""
        found: list[Agreement] = []
        asked: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = as_object(_body(await self._ask("GET", self._subscriptions, params=asked)))
            found += [_agreement(entry) for entry in objects(page.get("entry"))]
            following = _following(page)
            if following is None:
                return found
            asked = {"continue_from": following}
        raise NotDone("the list has no end; ask the service's team")

    async def remove(self, subscription_id: str) -> None:
        """Takes the id of a subscription; returns once there is none of it. NotDone."""
        try:
            known = UUID(subscription_id)
        except ValueError:
            raise NotDone("the id of a subscription is a UUID: list them") from None
        await self._ask("DELETE", f"{self._subscriptions}/{known}")

    async def _ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        try:
            headers = {
                "Authorization": f"Bearer {await self._tokens.token()}",
                "X-Correlation-ID": str(uuid4()),
                "Accept": _FHIR_JSON,
                "Content-Type": _FHIR_JSON,
            }
            answer = await self._http.request(method, address, headers=headers, **more)
        except NoToken as error:
            raise NotDone(f"no token: {error}") from None
        except httpx.HTTPError as error:
            raise NotDone(f"the service does not answer ({type(error).__name__})") from None
        if not answer.is_success:
            status = answer.status_code
            advice = _WHAT_TO_DO.get(status, "try again later")
            raise NotDone(f"the service answered HTTP {status}: {advice}")
        return answer


def _body(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise NotDone("the service's answer is no JSON; ask the service's team") from None


def _agreement(entry: Json) -> Agreement:
    """An entry of the list: the resource as FHIR puts it there, or by itself as the specification
    has it."""
    found = as_object(entry.get("resource")) or entry
    said = [found.get(name) for name in ("id", "status", "criteria")]
    said += [as_object(found.get("channel")).get("endpoint"), found.get("reason")]
    return Agreement(*(one if isinstance(one, str) else "" for one in said))


def _following(page: Json) -> str | None:
    """Where the next page begins: of its address only that is taken, never the host."""
    for link in objects(page.get("link")):
        if link.get("relation") == "next":
            asked = parse_qs(urlsplit(str(link.get("url", ""))).query)
            return next(iter(asked.get("continue_from", [])), None)
    return None
