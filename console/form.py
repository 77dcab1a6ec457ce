"""The fields of a form that a browser posts."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BYTES = 64 * 1024
MAX_FIELDS = 200
CONTENT_TYPE = "application/x-www-form-urlencoded"


class FormError(ValueError):
    """The body is no form that we read; str() says why, without its content."""


async def read(request: Request, max_bytes: int = MAX_BYTES) -> dict[str, str]:
    """Takes a request and how long its body may be; returns its form's fields. FormError: not a
    form, too long, not UTF-8, or a field twice."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise FormError("not a form")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise FormError("the form is too long")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise FormError("the form can't be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise FormError("a field is sent twice")
    return fields
