"""Which code does which interaction, and whether the caller may have it done."""

from __future__ import annotations

from typing import cast

from registry.access.bearer import REALM
from registry.access.scopes import Interaction as ScopedInteraction
from registry.access.scopes import permits
from registry.api import definitional, read, validate_operation
from registry.api.call import Call, Interaction
from registry.api.history import History
from registry.api.interactions import DEFINITIONAL, Code, Match
from registry.api.outcomes import FhirError
from registry.api.raise_request import RaiseRequest
from registry.api.search.search import Search
from registry.api.service import Service
from registry.api.update_task import UpdateTask
from registry.core.visibility import may_see

# An instance is validated as it is stored, so whoever has that done could as well read it.
_SCOPED_AS: dict[Code, ScopedInteraction] = {
    "validate-instance": "read",
    "conditional-update": "update",
}


class Handlers:
    """The interactions of the service, by their code."""

    def __init__(self, service: Service) -> None:
        history, task, request = History(service), UpdateTask(service), RaiseRequest(service)
        self._by_code: dict[Code, Interaction] = {
            "read": read.read,
            "vread": read.read_version,
            "history-instance": history,
            "history-type": history,
            "search-type": Search(service),
            "validate": validate_operation.validate,
            "validate-instance": validate_operation.validate,
        }
        self._of_type: dict[tuple[str, Code], Interaction] = {
            ("Task", "update"): task.update,
            ("Task", "patch"): task.patch,
            ("ServiceRequest", "create"): request.create,
            ("ServiceRequest", "update"): request.update,
            ("ServiceRequest", "conditional-update"): request.update_by_identifier,
        }
        self._definitional: dict[Code, Interaction] = {
            "read": definitional.read,
            "search-type": definitional.SearchDefinitions(service.access.fhir_url),
        }

    def find(self, found: Match, call: Call) -> Interaction:
        """Takes what is asked for, and the call; returns what does it. FhirError 403 where the
        caller's token or role does not reach."""
        if found.resource_type in DEFINITIONAL:
            return self._definitional[found.code]
        if found.code != "validate":
            _require(call, found)
        own = self._of_type.get((found.resource_type, found.code))
        return own or self._by_code[found.code]


def _require(call: Call, found: Match) -> None:
    what = _SCOPED_AS.get(found.code, cast(ScopedInteraction, found.code))
    caller = call.caller
    is_in_scope = permits(caller.scopes, found.resource_type, what)
    if is_in_scope and may_see(caller.role, found.resource_type):
        return
    text = f"The token's scopes do not permit {what} of {found.resource_type}."
    said = f'{REALM}, error="insufficient_scope", error_description="{text}"'
    raise FhirError(403, "forbidden", "ACCESS_DENIED", text, headers={"WWW-Authenticate": said})
