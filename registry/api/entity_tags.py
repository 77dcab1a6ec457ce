"""ETag, Last-Modified, and the conditions a client makes with them (RFC 9110, section 13)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from registry.api.outcomes import FhirError

_TAG = re.compile(r'(?:W/)?"([!#-~]*)"')
_VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')


def etag(version: int) -> str:
    """Takes a version; returns the weak ETag of FHIR."""
    return f'W/"{version}"'


def last_modified(moment: datetime) -> str:
    """Takes when something was written; returns it as an HTTP date, to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def is_unchanged(
    tag: str, moment: datetime | None, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Takes an ETag, when it was written, and the headers If-None-Match and If-Modified-Since;
    True where the client has it already (304). The first decides where both are sent."""
    if if_none_match is not None:
        wanted = set(_TAG.findall(if_none_match))
        return if_none_match.strip() == "*" or bool(set(_TAG.findall(tag)) & wanted)
    if if_modified_since is None or moment is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return moment.replace(microsecond=0) <= since


def if_match(header: str | None) -> int:
    """Takes the If-Match header; returns the version that the client read.

    FhirError 428: it is absent. 412: it names no version of ours.
    """
    if header is None:
        text = 'Send If-Match with the version you read, for example If-Match: W/"1".'
        raise FhirError(428, "required", "MISSING_VALUE", text)
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        text = 'If-Match names one version, like W/"1".'
        raise FhirError(412, "conflict", "PRECONDITION_FAILED", text)
    return int(match.group(1))
