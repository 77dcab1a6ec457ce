"""A step on a review, by ordinary FHIR update or patch of its Task with If-Match."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from registry.access.caller import Caller
from registry.api.call import Answer, Call
from registry.api.entity_tags import etag, if_match, last_modified
from registry.api.outcomes import FhirError, Issue, invalid, not_found, outcome_of
from registry.api.patch.patching import patched
from registry.api.service import Service
from registry.api.validation.validate import required_valid
from registry.audit.act import Subject
from registry.core import steps
from registry.core.decision import DecidedBy
from registry.core.steps import StepRefused, Taken
from registry.core.visibility import view
from registry.store import clusters, decisions, organisations, resources
from registry.store.decisions import Actor
from registry.store.resources import Stored
from registry.store.transaction import Connection

Resource = dict[str, Any]
Edit = Callable[[Resource], Resource]
"""Takes the Task as the caller sees it; returns it as the caller wants it."""
# Types of organisation that can lead a review.
LEADING_TYPES = {"acute", "mental-health", "community", "icb"}


class UpdateTask:
    """The interactions update and patch of a Task."""

    def __init__(self, service: Service) -> None:
        self._rules = service.rules

    async def update(self, connection: Connection, call: Call) -> Answer:
        """Answers with the Task after the step. 405 for an id that is not there (ids are ours to
        make), 428 without If-Match, 412 when the caller's copy is stale (saying who leads now),
        422 when the step is not allowed (saying which are)."""
        version = if_match(call.headers.get("if-match"))
        sent = _of_address(call.body, call.resource_id)
        try:
            return await self._take(connection, call, version, lambda _: sent)
        except FhirError as error:
            raise _no_creation() if error.status == 404 else error from None

    async def patch(self, connection: Connection, call: Call) -> Answer:
        """Like `update`, with the Task that the patch makes of what the caller sees; 404 for an id
        that is not there."""
        version = if_match(call.headers.get("if-match"))

        def edit(seen: Resource) -> Resource:
            return _of_address(patched(seen, call.body, call.media_type), call.resource_id)

        return await self._take(connection, call, version, edit)

    async def _take(self, connection: Connection, call: Call, version: int, edit: Edit) -> Answer:
        locked = await clusters.lock_of_task(connection, call.resource_id)
        if locked is None:
            raise not_found()
        cluster, key = locked
        current = await _current(connection, call)
        _refuse_stale(current, version)
        sent = edit(view(current.resource, call.caller.role))
        step = _step(current.resource, sent, call.caller)
        if step is not None:
            assert call.caller.organisation is not None
            await _refuse_unknown_taker(connection, step)
            actor = _actor(call.caller, call.caller.organisation)
            now = datetime.now(UTC)
            shown = await decisions.take(connection, cluster, key, step, actor, now, self._rules)
            # Whoever declines may have had no other part in it: this is the last they see of it.
            current = next(one for one in shown if one.key == current.key)
        return _answer(current, call)


def _actor(caller: Caller, organisation: str) -> Actor:
    who = caller.person
    return Actor(organisation, caller.client_id, who and DecidedBy(who.uid, who.name))


async def _current(connection: Connection, call: Call) -> Stored:
    current = await resources.read(connection, "Task", call.resource_id, call.caller.organisation)
    if current is None:
        raise not_found()
    return current


def _of_address(sent: Any, task_id: str) -> Resource:
    """The Task that was sent, valid, and the one that the address names."""
    said = cast(Resource, sent) if isinstance(sent, dict) else {}
    if said.get("resourceType") != "Task":
        raise invalid("The body must be a Task.", "Task")
    if said.get("id") != task_id:
        raise invalid("The body must be the Task that the address names.", "Task.id")
    return required_valid(said)


def _answer(task: Stored, call: Call) -> Answer:
    changed = datetime.fromisoformat(task.resource["meta"]["lastUpdated"])
    headers = {"ETag": etag(task.version), "Last-Modified": last_modified(changed)}
    subjects = (Subject("Task", call.resource_id, task.person, task.audience),)
    if call.preferences.returned == "minimal":
        return Answer(200, b"", headers, subjects)
    if call.preferences.returned == "OperationOutcome":
        done = Issue(
            "informational",
            "RESOURCE_UPDATED",
            f"The review is version {task.version}. {steps.leads_now(task.resource)}",
            severity="information",
        )
        return Answer(200, orjson.dumps(outcome_of([done])), headers, subjects)
    return Answer(200, orjson.dumps(view(task.resource, call.caller.role)), headers, subjects)


def _no_creation() -> FhirError:
    return FhirError(
        405,
        "not-supported",
        "UNSUPPORTED_SERVICE",
        "There is no such Task. The registry makes reviews and their ids itself: an update cannot "
        "create one.",
        headers={"Allow": "GET, HEAD"},
    )


def _refuse_stale(current: Stored, version: int) -> None:
    if current.version != version:
        raise FhirError(
            412,
            "conflict",
            "RESOURCE_VERSION_MISMATCH",
            f"The review has changed since version {version}; it is now version "
            f"{current.version}. {steps.leads_now(current.resource)}",
            headers={"ETag": etag(current.version)},
        )


async def _refuse_unknown_taker(connection: Connection, step: Taken) -> None:
    """A lead can be offered only to an organisation that could lead."""
    if step.to is None:
        return
    known = await organisations.find(connection, [step.to])
    if not known or known[0].type not in LEADING_TYPES:
        raise FhirError(
            422,
            "value",
            "INVALID_IDENTIFIER_VALUE",
            "The organisation that the lead is offered to is not in the directory as a provider or "
            "an integrated care board.",
            expression="Task.owner",
        )


def _step(current: Resource, sent: Resource, caller: Caller) -> Taken | None:
    try:
        return steps.step(current, sent, caller.organisation, caller.role)
    except StepRefused as refused:
        status, spine = (
            (403, "FORBIDDEN_UPDATE") if refused.code == "forbidden" else (422, "INVALID_VALUE")
        )
        raise FhirError(
            status, refused.code, spine, refused.text, expression=refused.expression
        ) from None
