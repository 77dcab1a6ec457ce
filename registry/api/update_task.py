"""`PUT /fhir/Task/<id>`: a step on a review, by ordinary FHIR update with If-Match."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from fhir.resources.R4B.task import Task
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from registry.access.caller import Caller
from registry.api.answers import etag, versioned
from registry.api.outcomes import FhirError, invalid, not_found
from registry.api.process_message import body
from registry.api.service import Service
from registry.core import steps
from registry.core.reviews import Decision, Route
from registry.core.statement import Identifier
from registry.core.steps import StepRefused
from registry.core.visibility import view
from registry.store import clusters, facts, resources
from registry.store.facts import KeyedDecision
from registry.store.recompute import recompute
from registry.store.resources import Stored
from registry.store.transaction import Connection, transact

Resource = dict[str, Any]
_ETAG = re.compile(r'W/"(\d{1,9})"')
_PERSON = """
    SELECT p.cluster, p.key_system, p.key_value
    FROM person AS p JOIN resource AS r ON r.person = p.id
    WHERE r.type = 'Task' AND r.id = %s
"""


class UpdateTask:
    """The interaction, as an endpoint."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, request: Request) -> Response:
        """Answers with the Task after the step. 428 without If-Match, 412 when the caller's copy is
        stale (saying who leads now), 422 when the step is not allowed (saying which are)."""
        caller = await self._service.caller(request, "Task", "update")
        task_id = request.path_params["id"]
        version = _if_match(request.headers.get("if-match"))
        sent = _validated(await body(request), task_id)

        async def work(connection: Connection) -> Resource:
            return await self._step(connection, task_id, version, sent, caller)

        return versioned(view(await transact(self._service.pool, work), caller.role))

    async def _step(
        self, connection: Connection, task_id: str, version: int, sent: Resource, caller: Caller
    ) -> Resource:
        cluster, key = await _lock_person(connection, task_id)
        current = await _current(connection, task_id, caller)
        _refuse_stale(current, version)
        step = _step(current.resource, sent, caller)
        if step is None:
            return current.resource
        assert caller.organisation is not None
        route = Route(current.resource["code"]["coding"][0]["code"])
        decision = Decision(route, step, caller.organisation, datetime.now(UTC))
        await facts.add_decision(
            connection, cluster, KeyedDecision(key, decision), caller.client_id
        )
        await recompute(connection, cluster, self._service.rules)
        return (await _current(connection, task_id, caller)).resource


async def _lock_person(connection: Connection, task_id: str) -> tuple[int, Identifier]:
    """Locks whom the Task is about; looks again where clusters were joined meanwhile."""
    while True:
        row = await (await connection.execute(_PERSON, (task_id,))).fetchone()
        if row is None:
            raise not_found()
        if await clusters.lock_one(connection, row[0]):
            return row[0], Identifier(row[1], row[2])


async def _current(connection: Connection, task_id: str, caller: Caller) -> Stored:
    current = await resources.read(connection, "Task", task_id, caller.organisation)
    if current is None:
        raise not_found()
    return current


def _if_match(header: str | None) -> int:
    if header is None:
        text = 'Send If-Match with the version you read, for example If-Match: W/"1".'
        raise FhirError(428, "required", "MISSING_VALUE", text)
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        text = 'If-Match names one version, like W/"1".'
        raise FhirError(412, "conflict", "PRECONDITION_FAILED", text)
    return int(match.group(1))


def _validated(task: Resource, task_id: str) -> Resource:
    if task.get("resourceType") != "Task" or task.get("id") != task_id:
        raise invalid("The body must be the Task that the address names.", "Task.id")
    try:
        Task.model_validate(task)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise invalid(f"Not a valid FHIR R4 Task at {where}: {first['type']}.", where) from None
    return task


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


def _step(current: Resource, sent: Resource, caller: Caller) -> str | None:
    try:
        return steps.step(current, sent, caller.organisation, caller.role)
    except StepRefused as refused:
        status, spine = (
            (403, "FORBIDDEN_UPDATE") if refused.code == "forbidden" else (422, "INVALID_VALUE")
        )
        raise FhirError(
            status, refused.code, spine, refused.text, expression=refused.expression
        ) from None
