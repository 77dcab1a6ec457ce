"""Which code does which interaction, and whether the caller may have it done."""

from __future__ import annotations

from typing import cast

from registry.access.bearer import REALM
from registry.access.scopes import Interaction as ScopedInteraction
from registry.access.scopes import permits
from registry.api import definitional, read, validate_operation
from registry.api.call import Call, Interaction
from registry.api.explain_operation import Explain
from registry.api.history import History
from registry.api.interactions import Code, Match, is_definitional
from registry.api.outcomes import FhirError
from registry.api.publish_return import PublishReturn
from registry.api.raise_request import RaiseRequest
from registry.api.returns import Returns
from registry.api.search.search import Search
from registry.api.service import Service
from registry.api.update_task import UpdateTask
from registry.core.visibility import may_see
from registry.export.exports import Exports
from registry.export.groups import Groups
from registry.subscriptions.interactions import SubscriptionInteractions

# An instance is validated as it is stored, so whoever has that done could as well read it; and is
# explained to whoever reads it.
_SCOPED_AS: dict[Code, ScopedInteraction] = {
    "validate-instance": "read",
    "explain": "read",
    "conditional-update": "update",
    "subscription-status": "read",
    "subscription-statuses": "search-type",
    "subscription-events": "read",
}
# What is done with returns: by the scopes of MeasureReport. Whose they are, the interaction itself
# looks after: nothing in them is about one person, so no involvement reaches them.
_OF_RETURNS: dict[Code, ScopedInteraction] = {
    "read": "read",
    "search-type": "search-type",
    "evaluate-measure": "read",
    "publish-return": "create",
    "record-learning-action": "create",
}
_RETURNS = ("Measure", "MeasureReport")


class Handlers:
    """The interactions of the service, by their code."""

    def __init__(self, service: Service) -> None:
        history, task, request = History(service), UpdateTask(service), RaiseRequest(service)
        returns, publishing = Returns(service), PublishReturn()
        self._by_code: dict[Code, Interaction] = {
            "read": read.read,
            "vread": read.read_version,
            "history-instance": history,
            "history-type": history,
            "search-type": Search(service),
            "validate": validate_operation.validate,
            "validate-instance": validate_operation.validate,
            "explain": Explain(service),
        }
        self._of_type: dict[tuple[str, Code], Interaction] = {
            ("Task", "update"): task.update,
            ("Task", "patch"): task.patch,
            ("ServiceRequest", "create"): request.create,
            ("ServiceRequest", "update"): request.update,
            ("ServiceRequest", "conditional-update"): request.update_by_identifier,
            ("Measure", "evaluate-measure"): returns.evaluate,
            ("Measure", "publish-return"): publishing.publish,
            ("Measure", "record-learning-action"): publishing.record_action,
            ("MeasureReport", "read"): returns.read,
            ("MeasureReport", "search-type"): returns.search,
        }
        subscription = SubscriptionInteractions(service)
        self._of_type |= {
            ("Subscription", "read"): subscription.read,
            ("Subscription", "search-type"): subscription.search,
            ("Subscription", "create"): subscription.create,
            ("Subscription", "update"): subscription.update,
            ("Subscription", "delete"): subscription.delete,
            ("Subscription", "subscription-status"): subscription.status_of_one,
            ("Subscription", "subscription-statuses"): subscription.status_of_all,
            ("Subscription", "subscription-events"): subscription.events,
        }
        exports, groups = Exports(service), Groups(service)
        # Of several types at once, or of what is no resource: each looks after scopes and roles.
        self._of_exports: dict[tuple[str, Code], Interaction] = {
            ("", "export"): exports.kick_off,
            ("Patient", "export-patient"): exports.kick_off,
            ("Group", "export-group"): exports.kick_off,
            ("", "export-status"): exports.status,
            ("", "export-cancel"): exports.cancel,
            ("", "export-file"): exports.file,
            ("Group", "read"): groups.read,
            ("Group", "search-type"): groups.search,
            ("Group", "create"): groups.create,
            ("Group", "agree"): groups.agree,
            ("Group", "withdraw"): groups.withdraw,
        }
        self._definitional: dict[Code, Interaction] = {
            "read": definitional.read,
            "search-type": definitional.SearchDefinitions(service.access.fhir_url),
        }

    def find(self, found: Match, call: Call) -> Interaction:
        """Takes what is asked for, and the call; returns what does it. FhirError 403 where the
        caller's token or role does not reach."""
        if is_definitional(found.code, found.resource_type):
            return self._definitional[found.code]
        of_exports = self._of_exports.get((found.resource_type, found.code))
        if of_exports is not None:
            return of_exports
        if found.code != "validate":
            _require(call, found)
        own = self._of_type.get((found.resource_type, found.code))
        return own or self._by_code[found.code]


def _require(call: Call, found: Match) -> None:
    what = _SCOPED_AS.get(found.code, cast(ScopedInteraction, found.code))
    caller, resource_type = call.caller, found.resource_type
    is_of_returns = resource_type in _RETURNS
    if is_of_returns:
        resource_type, what = "MeasureReport", _OF_RETURNS[found.code]
    is_in_scope = permits(caller.scopes, resource_type, what)
    if is_in_scope and (is_of_returns or may_see(caller.role, resource_type)):
        return
    text = f"The token's scopes do not permit {what} of {resource_type}."
    said = f'{REALM}, error="insufficient_scope", error_description="{text}"'
    raise FhirError(403, "forbidden", "ACCESS_DENIED", text, headers={"WWW-Authenticate": said})
