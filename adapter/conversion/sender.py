"""The organisation that sent a message, from MSH-4 through the site's table."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.er7 import NULL, Message
from mappings import Site

_ODS = re.compile(r"(?=.*[A-Z])(?:[A-Z0-9]{2,3}|(?=.*[0-9])[A-Z0-9]{4,10})")
"""Trusts and ICBs have three characters, sites five, practices a letter and five digits; other
lengths are in use too, but none longer than three is without a digit, as names are."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message: an ODS code, or where there is none the name that MSH-4 gives."""

    ods: str
    name: str

    @property
    def key(self) -> str:
        """What its own identifiers are known under."""
        return self.ods or self.name.upper()


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
    return next((text for text in written if is_ods_code(text)), "")


def sender(message: Message, site: Site) -> Sender:
    """Takes a message; returns its sender."""
    written = message.header.text(4) or message.header.text(4, 2)
    ods = sending_organisation(message, site)
    return Sender(ods, "" if written in {ods, NULL} else written)


def is_ods_code(text: str) -> bool:
    """True for text of the shape of an ODS code; whether it is one, only ODS knows."""
    return _ODS.fullmatch(text) is not None


def _written(message: Message) -> list[str]:
    texts = (message.header.text(4, component).upper() for component in (1, 2))
    return [text for text in texts if text not in {"", NULL}]
