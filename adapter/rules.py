"""Binds the door and the processing to the conversion of one site."""

from __future__ import annotations

from functools import partial

import orjson

from adapter.conversion import Converter, Refusal, examine, minimise, sending_organisation
from adapter.door import Door, Fault
from adapter.er7 import Message
from adapter.reason import Reason
from adapter.treatment import CONVERTED, NOT_RELEVANT, QUARANTINED, Treated
from mappings import Site


def door(site: Site) -> Door:
    """Takes the site's mappings; returns the door that lets in whom the site names."""

    def faults(message: Message) -> Fault | None:
        refusal = examine(message, site.organisation, site.processing_ids)
        return None if refusal is None else Fault(_reason(refusal), refusal.kept)

    def sender(message: Message) -> str:
        return sending_organisation(message, site) or message.header.text(4).upper()

    return Door(faults, sender, site.organisation or None, site.organisations)


def treat(converter: Converter, raw: bytes) -> Treated:
    """Takes a message; returns what becomes of it. A Refusal becomes a quarantine."""
    try:
        conversion = converter.convert(raw)
    except Refusal as refusal:
        return Treated(QUARANTINED, None, _reason(refusal))
    if not conversion.relevant or conversion.bundle is None:
        return Treated(NOT_RELEVANT)
    return Treated(
        CONVERTED,
        orjson.dumps(minimise(conversion.bundle)),
        organisation=conversion.organisation,
        unmapped=tuple(converter.unmapped(conversion.message)),
    )


def treatment(site: Site) -> partial[Treated]:
    """Takes the site's mappings; returns what the processing does with each message."""
    return partial(treat, Converter(site))


def _reason(refusal: Refusal) -> Reason:
    return Reason(refusal.code, refusal.location, refusal.text.replace("\0", ""))
