"""Conditional create and update of a ServiceRequest: by the sender's own number of it.

Source: R4, http.html, "Conditional create" and "Conditional update". The condition may be nothing
but the identifier of the request that is sent: the number made of it is a unique key of the
database, so two clients at once never make two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from registry.api.outcomes import FhirError
from registry.api.search.values import token
from registry.core.request_reading import own_number

Resource = dict[str, Any]
_EXPECTED = "identifier=system|value, with the first ServiceRequest.identifier of what is sent"


def require_own(condition: str | Iterable[tuple[str, str]], sent: Resource) -> None:
    """Takes the condition of a conditional create (the text of If-None-Exist) or update (the
    parameters of the address), and the request that is sent; FhirError 412 where the condition is
    not the request's own identifier."""
    if isinstance(condition, str):
        condition = parse_qsl(condition.strip().removeprefix("?"), keep_blank_values=True)
    asked = list(condition)
    if len(asked) != 1 or asked[0][0] != "identifier" or token(asked[0][1]) != _own(sent):
        raise FhirError(
            412,
            "processing",
            "PRECONDITION_FAILED",
            f"The only condition that is taken here is {_EXPECTED}.",
            expression="ServiceRequest.identifier",
        )


def _own(sent: Resource) -> tuple[str, str] | None:
    identifier = own_number(sent)
    return None if identifier is None else (identifier.get("system", ""), identifier["value"])
