"""HTTP answers that carry FHIR."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

Resource = dict[str, Any]
MEDIA_TYPE = "application/fhir+json"


def fhir(resource: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Takes a resource; returns it as an answer that no cache may keep."""
    return Response(
        orjson.dumps(resource),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def versioned(resource: Resource) -> Response:
    """Takes a resource with meta; returns it with its ETag and Last-Modified."""
    meta = resource["meta"]
    return fhir(resource, headers={"ETag": etag(int(meta["versionId"]))})


def etag(version: int) -> str:
    """Takes a version; returns the weak ETag of FHIR."""
    return f'W/"{version}"'
