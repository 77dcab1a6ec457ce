"""The organisation that sent a message, from MSH-4 through the site's table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from adapter.conversion.stable_id import stable_id
from adapter.er7 import NO_VALUE, NULL, Message
from mappings import Site
from nhs import addresses

_LONGEST = 10
_ODS = re.compile(r"(?=.*[A-Z])(?:[A-Z0-9]{2,3}|(?=.*[0-9])[A-Z0-9]{4,10})")
"""Trusts and ICBs have three characters, sites five, practices a letter and five digits; other
lengths are in use too, but none longer than three is without a digit, as names are."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message: an ODS code, or where there is none the name that MSH-4 gives.

    `key` is what its own identifiers are known under, `id` that of its Organization.
    """

    ods: str
    name: str
    key: str
    id: str


def sending_organisation(message: Message, site: Site) -> str:
    """Takes a message; returns the ODS code of its sender, '' where MSH-4 gives none.

    The one sender of the site, where it has one. Else MSH-4.1 is asked before MSH-4.2, and the
    site's table before the look of the code.
    """
    if site.organisation:
        return site.organisation
    written = _written(message)
    for text in written:
        if ods := site.organisations.get(text):
            return ods
    for text in written:
        if is_ods_code(text):
            return text
    return ""


def sender(message: Message, site: Site) -> Sender:
    """Takes a message; returns its sender."""
    written = message.header.text(4) or message.header.text(4, 2)
    ods = sending_organisation(message, site)
    return _sender(ods, "" if written in {ods, NULL} else written)


@lru_cache(maxsize=1024)
def _sender(ods: str, name: str) -> Sender:
    key = ods or name.upper()
    named = (addresses.ODS_ORGANISATION, ods) if ods else (key,)
    return Sender(ods, name, key, stable_id("Organization", *named))


def is_ods_code(text: str) -> bool:
    """True for text of the shape of an ODS code; whether it is one, only ODS knows."""
    return len(text) <= _LONGEST and _has_shape(text)


@lru_cache(maxsize=4096)
def _has_shape(text: str) -> bool:
    return _ODS.fullmatch(text) is not None


def _written(message: Message) -> list[str]:
    header = message.header
    texts = (header.text(4).upper(), header.text(4, 2).upper())
    return [text for text in texts if text not in NO_VALUE]
