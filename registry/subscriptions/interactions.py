"""Subscriptions over the FHIR API: each client reads, makes, changes and ends its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import orjson

from conformance import canonical
from registry.access.scopes import permits
from registry.api.call import Answer, Call
from registry.api.entity_tags import etag, if_match, is_unchanged, last_modified
from registry.api.outcomes import (
    FhirError,
    Issue,
    bad_parameter,
    forbidden,
    invalid,
    not_found,
    outcome_of,
)
from registry.api.search.searchset import Entry, Searchset
from registry.api.service import Service
from registry.api.validation.validate import required_valid
from registry.audit.act import Subject
from registry.core.visibility import may_see
from registry.store.transaction import Connection
from registry.subscriptions import events, kept, searched, terms
from registry.subscriptions.endpoints import EndpointRefused
from registry.subscriptions.events import Wanted
from registry.subscriptions.kept import Kept
from registry.subscriptions.notification import notification, status
from registry.subscriptions.progress import Status
from registry.subscriptions.searched import SEARCHED
from registry.subscriptions.terms import CONTENTS, Content, Terms, UnreadableTerms

Resource = dict[str, Any]
# Of one client: whoever needs more has lost count of them.
MOST = 100
# Events in one answer.
EVENTS = 100
_STATUSES = ("requested", "active", "error", "off")


class SubscriptionInteractions:
    """The interactions with a Subscription."""

    def __init__(self, service: Service) -> None:
        self._offering = service.subscriptions
        self._base = service.access.fhir_url

    async def create(self, connection: Connection, call: Call) -> Answer:
        """Answers 201 with the subscription, requested, and with the secret of its signatures:
        this once, whatever `Prefer` says. 422: what is asked for is not offered."""
        if call.asked or "if-none-exist" in call.headers:
            raise bad_parameter("A Subscription is not created on a condition.")
        sent = _of_type(call.body)
        asked = self._terms(sent, call)
        _wanted_status(sent, may_be_off=False)
        owner = _owner(call)
        if len(await kept.of_client(connection, owner[0])) >= MOST:
            raise _unsupported(f"A client has at most {MOST} subscriptions.", "Subscription")
        made = await kept.add(connection, str(uuid4()), owner, sent, asked)
        secret = {
            "url": canonical.SUBSCRIPTION_SECRET,
            "valueString": self._offering.signing.secret(made.subscription_id),
        }
        shown = made.resource
        shown["extension"] = [*shown.get("extension", []), secret]
        location = f"{self._base}/Subscription/{made.subscription_id}"
        return _answer(made, 201, {"Location": location}, shown)

    async def read(self, connection: Connection, call: Call) -> Answer:
        """Answers with the subscription; 404 for one that is not there or not the client's."""
        if call.asked:
            raise bad_parameter("A read of a Subscription takes no parameters.")
        found = await _found(connection, call)
        tag = etag(found.version)
        none_match = call.headers.get("if-none-match")
        since = call.headers.get("if-modified-since")
        if is_unchanged(tag, found.updated_at, none_match, since):
            return Answer(304, b"", _headers(found), (_subject(found),))
        return _answer(found)

    async def search(self, connection: Connection, call: Call) -> Answer:
        """Answers with a searchset Bundle of the client's subscriptions, oldest first."""
        found = await kept.of_client(connection, call.caller.client_id)
        for name, value in call.asked:
            if name not in SEARCHED:
                known = ", ".join(SEARCHED)
                raise bad_parameter(f"Subscription has the search parameters: {known}.")
            found = [one for one in found if searched.fits(name, value, one)]
        entries = [Entry(self._address(one), orjson.dumps(one.resource)) for one in found]
        page = Searchset({"self": f"{self._base}/Subscription"}, total=len(found))
        return Answer(200, page.bundle(entries), shown=tuple(map(_subject, found)))

    async def update(self, connection: Connection, call: Call) -> Answer:
        """Answers with the subscription as it was sent. With status requested or active it begins
        anew with a handshake, and what was not delivered follows; with off it stops. The count of
        events goes on. 428 and 412 as for every update, 405 for an id that is not there."""
        version = if_match(call.headers.get("if-match"))
        sent = _of_type(call.body)
        if sent.get("id") != call.resource_id:
            text = "The body must be the Subscription that the address names."
            raise invalid(text, "Subscription.id")
        found = await kept.one(connection, call.resource_id, call.caller.client_id, is_locked=True)
        if found is None:
            raise _no_creation()
        if found.version != version:
            raise _stale(found)
        asked = self._terms(sent, call)
        wanted = _wanted_status(sent, may_be_off=True)
        if kept.written(sent) == found.content and wanted == found.progress.status:
            return _answered(found, call)
        begun: Status = "off" if wanted == "off" else "requested"
        made = await kept.replace(connection, call.resource_id, sent, asked, begun)
        return _answered(made, call)

    async def delete(self, connection: Connection, call: Call) -> Answer:
        """Answers 204: the subscription is gone, with what was still to be told."""
        found = await kept.one(connection, call.resource_id, call.caller.client_id, is_locked=True)
        if found is None:
            raise not_found()
        await kept.remove(connection, found.subscription_id)
        return Answer(204, shown=(_subject(found),))

    async def status_of_one(self, connection: Connection, call: Call) -> Answer:
        """Answers with a searchset Bundle that holds the subscription's status."""
        return self._statuses([await _found(connection, call)])

    async def status_of_all(self, connection: Connection, call: Call) -> Answer:
        """Answers with the statuses of the client's subscriptions, of those with an id or a status
        where some are named."""
        said = list(_parameters(call))
        for name, value in said:
            if name not in ("id", "status"):
                raise bad_parameter("$status takes id and status, each as often as you like.")
            if name == "status" and value not in _STATUSES:
                raise bad_parameter(f"A status is one of {', '.join(_STATUSES)}.")
        ids = {value for name, value in said if name == "id"}
        statuses = {value for name, value in said if name == "status"}
        found = [
            one
            for one in await kept.of_client(connection, call.caller.client_id)
            if one.subscription_id in (ids or {one.subscription_id})
            and one.progress.status in (statuses or _STATUSES)
        ]
        return self._statuses(found)

    async def events(self, connection: Connection, call: Call) -> Answer:
        """Answers with a notification Bundle of the events from `eventsSinceNumber` to
        `eventsUntilNumber`, both included, as far as they are kept: at most so many, from the
        first on. `content` may ask for less than was agreed."""
        found = await _found(connection, call)
        asked = terms.read(found.content)
        said = dict(_parameters(call))
        unknown = set(said) - {"eventsSinceNumber", "eventsUntilNumber", "content"}
        if unknown:
            text = "$events takes eventsSinceNumber, eventsUntilNumber and content."
            raise bad_parameter(text)
        total = found.progress.events
        content = _less(asked.content, said.get("content"))
        wanted = Wanted(
            found.subscription_id,
            _number(said, "eventsSinceNumber", 1),
            _number(said, "eventsUntilNumber", total),
            EVENTS,
            found.organisation,
            found.role,
            content == "full-resource",
        )
        shown = await events.read(connection, wanted)
        told = [one.told for one in shown]
        now = datetime.now(UTC)
        bundle = notification(self._base, found.standing, "query-event", now, content, told)
        subjects = dict.fromkeys(one.subject for one in shown if one.subject is not None)
        return Answer(200, orjson.dumps(bundle), shown=tuple(subjects))

    def _terms(self, sent: Resource, call: Call) -> Terms:
        """What is asked for, where it is offered, and the caller may have it."""
        try:
            asked = terms.read(sent)
            self._offering.channels.of(asked).check(asked.endpoint)
        except UnreadableTerms as error:
            raise _unsupported(str(error), error.expression) from None
        except EndpointRefused as error:
            where = "Subscription.channel.endpoint"
            raise _unsupported(f"Nothing is sent there: {error}.", where) from None
        if asked.ends_at is not None and asked.ends_at <= datetime.now(UTC):
            raise _unsupported("The end has passed.", "Subscription.end")
        focus = asked.topic.focus
        if not may_see(call.caller.role, focus) or (
            asked.content == "full-resource" and not permits(call.caller.scopes, focus, "read")
        ):
            raise forbidden(f"To be sent every {focus} you need the scope system/{focus}.r.")
        return asked

    def _statuses(self, found: list[Kept]) -> Answer:
        entries = [
            Entry(
                f"{self._address(one)}/$status",
                orjson.dumps(status(self._base, one.standing, "query-status")),
            )
            for one in found
        ]
        page = Searchset({"self": f"{self._base}/Subscription/$status"}, total=len(found))
        return Answer(200, page.bundle(entries), shown=tuple(map(_subject, found)))

    def _address(self, one: Kept) -> str:
        return f"{self._base}/Subscription/{one.subscription_id}"


async def _found(connection: Connection, call: Call) -> Kept:
    found = await kept.one(connection, call.resource_id, call.caller.client_id)
    if found is None:
        raise not_found()
    return found


def _owner(call: Call) -> tuple[str, str, str]:
    caller = call.caller
    if caller.organisation is None:
        raise forbidden("An organisation subscribes to what is its own.")
    return caller.client_id, caller.organisation, caller.role


def _of_type(sent: Any) -> Resource:
    if not isinstance(sent, dict) or cast(Resource, sent).get("resourceType") != "Subscription":
        raise invalid("The body must be a Subscription.", "Subscription")
    return required_valid(cast(Resource, sent))


def _wanted_status(sent: Resource, *, may_be_off: bool) -> str:
    """What the client wants; `requested` and `active` both ask to be told."""
    wanted: str = sent["status"]
    allowed = ("requested", "active", "off") if may_be_off else ("requested", "active")
    if wanted not in allowed:
        text = f"The status to send is one of {', '.join(allowed)}; the others are ours."
        raise _unsupported(text, "Subscription.status")
    return wanted


def _less(agreed: Content, said: str | None) -> Content:
    if said is None:
        return agreed
    for content in CONTENTS:
        if content == said:
            return CONTENTS[min(CONTENTS.index(content), CONTENTS.index(agreed))]
    raise bad_parameter(f"content is one of {', '.join(CONTENTS)}.")


def _number(said: dict[str, str], name: str, unsaid: int) -> int:
    text = said.get(name)
    if text is None:
        return unsaid
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise bad_parameter(f"{name} is the number of an event.")
    return int(text)


def _parameters(call: Call) -> Iterator[tuple[str, str]]:
    """What an operation was given: in the address, or in the Parameters that were posted."""
    for name, value in call.asked:
        yield from ((name, one) for one in value.split(","))
    if call.body is None:
        return
    sent = cast(Resource, call.body) if isinstance(call.body, dict) else {}
    if sent.get("resourceType") != "Parameters":
        raise invalid("Send Parameters.", "Parameters")
    for parameter in required_valid(sent).get("parameter", ()):
        values = [value for name, value in parameter.items() if name.startswith("value")]
        if len(values) != 1 or not isinstance(values[0], str):
            text = "A parameter of this operation has one value: a string, an id or a code."
            raise invalid(text, "Parameters.parameter")
        yield str(parameter["name"]), values[0]


def _subject(one: Kept) -> Subject:
    return Subject("Subscription", one.subscription_id)


def _headers(one: Kept) -> dict[str, str]:
    return {"ETag": etag(one.version), "Last-Modified": last_modified(one.updated_at)}


def _answer(
    one: Kept,
    code: int = 200,
    headers: dict[str, str] | None = None,
    shown: Resource | None = None,
) -> Answer:
    content = orjson.dumps(shown or one.resource)
    return Answer(code, content, _headers(one) | (headers or {}), (_subject(one),))


def _answered(one: Kept, call: Call) -> Answer:
    """An update's answer, as the client prefers it."""
    if call.preferences.returned == "minimal":
        return Answer(200, b"", _headers(one), (_subject(one),))
    if call.preferences.returned == "OperationOutcome":
        text = f"The subscription is version {one.version}, {one.progress.status}."
        done = Issue("informational", "RESOURCE_UPDATED", text, severity="information")
        return Answer(200, orjson.dumps(outcome_of([done])), _headers(one), (_subject(one),))
    return _answer(one)


def _unsupported(text: str, expression: str) -> FhirError:
    return FhirError(422, "not-supported", "UNSUPPORTED_VALUE", text, expression=expression)


def _stale(found: Kept) -> FhirError:
    return FhirError(
        412,
        "conflict",
        "RESOURCE_VERSION_MISMATCH",
        f"The subscription has changed; it is now version {found.version}.",
        headers={"ETag": etag(found.version)},
    )


def _no_creation() -> FhirError:
    return FhirError(
        405,
        "not-supported",
        "UNSUPPORTED_SERVICE",
        "There is no such Subscription of yours. The registry makes its ids itself: an update "
        "cannot create one.",
        headers={"Allow": "GET, HEAD"},
    )
