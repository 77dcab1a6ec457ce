"""Refusals as HTTP responses that carry FHIR."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from registry.api.negotiation import FHIR_JSON

Resource = dict[str, Any]


def fhir(resource: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Takes a resource; returns it as an answer that no cache may keep."""
    return Response(
        orjson.dumps(resource),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type=FHIR_JSON,
    )
