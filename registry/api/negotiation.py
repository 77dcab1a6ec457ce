"""What representation a client accepts and sends, and what it prefers: Accept, Content-Type,
Prefer, `_format` (FHIR R4, http.html, content types and encodings)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from registry.api.outcomes import FhirError

FHIR_JSON = "application/fhir+json"
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"
_VERSIONS = {None, "4.0", "4.0.1"}
# What a media range or a _format value may be, and what is then answered.
_ANSWERS = {
    FHIR_JSON: FHIR_JSON,
    JSON: JSON,
    "application/json+fhir": FHIR_JSON,
    "text/json": JSON,
    "json": FHIR_JSON,
    "*/*": FHIR_JSON,
    "application/*": FHIR_JSON,
}
Return = Literal["representation", "minimal", "OperationOutcome"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """The Prefer header: what to return of a write, and whether unknown search parameters are
    left aside."""

    returned: Return = "representation"
    is_lenient: bool = False


def answered_as(accept: str | None, formats: list[str]) -> str:
    """Takes the Accept header and the values of `_format`; returns the media type of the answer.

    FhirError 406: the client takes no JSON of FHIR R4.
    """
    if formats:
        answer = _answer(formats[-1].replace(" ", "+"))
        if answer is None:
            raise _not_acceptable("_format")
        return answer
    if not accept or not accept.strip():
        return FHIR_JSON
    ranges = [_quality(part) for part in accept.split(",") if part.strip()]
    for quality, media_range in sorted(ranges, key=lambda one: -one[0]):
        answer = _answer(media_range) if quality > 0 else None
        if answer is not None:
            return answer
    raise _not_acceptable("Accept")


def sent_as(content_type: str | None, allowed: tuple[str, ...]) -> str:
    """Takes the Content-Type header and the media types that are taken; returns which it is.

    FhirError 415: it is none of them, another version of FHIR, or not UTF-8.
    """
    media_type, parameters = _parts(content_type or "")
    charset = parameters.get("charset", "utf-8").lower()
    version = parameters.get("fhirversion")
    if media_type not in allowed or version not in _VERSIONS or charset not in ("utf-8", "utf8"):
        text = f"Send {' or '.join(allowed)}, of FHIR 4.0, in UTF-8."
        raise FhirError(415, "not-supported", "UNSUPPORTED_VALUE", text)
    return media_type


def preferences(prefer: str | None) -> Preferences:
    """Takes the Prefer header (RFC 7240); returns what it says. What it says besides is no
    error."""
    said = {
        name.strip().lower(): value.strip().strip('"')
        for part in (prefer or "").replace(";", ",").split(",")
        for name, _, value in [part.partition("=")]
    }
    known: dict[str, Return] = {
        "minimal": "minimal",
        "representation": "representation",
        "operationoutcome": "OperationOutcome",
    }
    returned = known.get(said.get("return", "").lower(), "representation")
    return Preferences(returned, said.get("handling", "").lower() == "lenient")


def _answer(media_range: str) -> str | None:
    media_type, parameters = _parts(media_range)
    return _ANSWERS.get(media_type) if parameters.get("fhirversion") in _VERSIONS else None


def _quality(media_range: str) -> tuple[float, str]:
    try:
        return float(_parts(media_range)[1].get("q", "1")), media_range
    except ValueError:
        return 0.0, media_range


def _parts(text: str) -> tuple[str, dict[str, str]]:
    media_type, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    return media_type.strip().lower(), parameters


def _not_acceptable(where: str) -> FhirError:
    text = (
        f"{where} asks for what is not served. The registry answers in JSON of FHIR 4.0 "
        f"({FHIR_JSON}); not in XML or another version."
    )
    return FhirError(406, "not-supported", "UNSUPPORTED_VALUE", text)
