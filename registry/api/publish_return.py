"""Publishing a return, and recording what was done about what was learnt: acts of the organisation
itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from registry.api import report_parameters
from registry.api.call import Answer, Call, answer
from registry.api.outcomes import FhirError, bad_parameter, not_found
from registry.api.returns import own_organisation, published_report, refuse_in_bundle
from registry.audit.act import Subject
from registry.returns.periods import Quarter
from registry.returns.publication import PublicationRefused
from registry.returns.reviewed_death import Action
from registry.store import learning_actions, publications, returns
from registry.store.learning_actions import ActionRefused, By
from registry.store.returns import NoSuchOrganisation
from registry.store.transaction import Connection

_WORDS, _FLAGS = ("id", "quarter", "action", "impact"), ("taken", "cleared", "withdrawn")


class PublishReturn:
    """The operations that change something."""

    async def publish(self, connection: Connection, call: Call) -> Answer:
        """Publishes both versions of the return as counted now and answers 201 with the one of the
        Measure. FhirError 422: it is too early, or a theme is none of the period's."""
        refuse_in_bundle(call)
        kind = report_parameters.kind_of(call)
        period, themes = report_parameters.published(call, kind)
        now = datetime.now(UTC)
        try:
            made = await returns.publish(connection, by(call), period, now, themes)
        except PublicationRefused as error:
            raise _refused(str(error)) from None
        except NoSuchOrganisation:
            raise not_found() from None
        (one,) = [publication for publication in made if publication.version is kind.version]
        every = await publications.of_period(connection, one.organisation, period, kind.version)
        shown = tuple(Subject("MeasureReport", each.publication_id) for each in made)
        return Answer(201, orjson.dumps(published_report(one, every)), {}, shown)

    async def record_action(self, connection: Connection, call: Call) -> Answer:
        """Records an action of the caller's organisation, changes it, or withdraws it; answers with
        Parameters that hold its id. FhirError 422: it cannot be recorded so."""
        refuse_in_bundle(call)
        said = _said(call.body)
        now = datetime.now(UTC)
        action_id: str | None = said.get("id")
        try:
            if said.get("withdrawn"):
                if action_id is None:
                    raise bad_parameter("Name the id of the action that is withdrawn.")
                await learning_actions.withdraw(connection, by(call), action_id, now)
            else:
                action_id = await learning_actions.record(
                    connection, by(call), _quarter(said), _action(said), now, action_id
                )
        except ActionRefused as error:
            raise _refused(str(error)) from None
        parameter = {"name": "id", "valueString": action_id}
        return answer({"resourceType": "Parameters", "parameter": [parameter]})


def by(call: Call) -> By:
    """Takes a call; returns who acts. FhirError 403: it is no provider of care."""
    caller = call.caller
    person = caller.person.uid if caller.person else None
    return By(own_organisation(caller), caller.client_id, person)


def _said(body: Any) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for parameter in report_parameters.parameters(body):
        name, value = str(parameter["name"]), report_parameters.value_of(parameter)
        wanted = str if name in _WORDS else bool if name in _FLAGS else None
        if wanted is None:
            raise bad_parameter(f"The parameters here are: {', '.join((*_WORDS, *_FLAGS))}.")
        if not isinstance(value, wanted) or name in said:
            raise bad_parameter(f"{name} is given once, as {wanted.__name__}.")
        said[name] = value
    return said


def _quarter(said: dict[str, Any]) -> Quarter:
    period = report_parameters.period_of(said.get("quarter", ""))
    if not isinstance(period, Quarter):
        raise bad_parameter("An action belongs to the quarter of the deaths it was learnt from.")
    return period


def _action(said: dict[str, Any]) -> Action:
    return Action(
        text=said.get("action", ""),
        is_taken=said.get("taken", False),
        impact=said.get("impact"),
        is_cleared=said.get("cleared", False),
    )


def _refused(text: str) -> FhirError:
    return FhirError(422, "business-rule", "INVALID_VALUE", text)
