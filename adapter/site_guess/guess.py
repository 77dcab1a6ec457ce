"""Puts the parts of a drafted site file together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from adapter.conversion.fields_read import fields_read
from adapter.er7 import Message
from adapter.site_guess.death_indicator import DeathIndicator
from adapter.site_guess.discharge import DischargeFields
from adapter.site_guess.local_codes import LocalCodes
from adapter.site_guess.nhs_numbers import NhsNumbers
from adapter.site_guess.section import Section, comments
from adapter.site_guess.senders import Senders
from adapter.site_guess.times import Times
from adapter.site_guess.z_segments import UnreadFields
from mappings import Mappings, Site


def guess(messages: Iterable[Message], mappings: Mappings) -> str:
    """Takes a sample of one sender's ADT messages; returns a site file that loads, with the
    evidence and what is in doubt as comments."""
    sections = _sections(mappings)
    count = 0
    for count, message in enumerate(messages, 1):
        person = _person(message, count)
        for section in sections:
            section.observe(message, person)
    head = comments(
        f"Site file drafted from {count} messages by `lfd site guess`, for a person to confirm.",
        "It holds what differs from mappings/sites/default.yaml, which explains each item.",
        "Lines with ? are questions: answer them in the item below, and take its # away.",
        "Look through the codes before you pass this on: nobody should be named here.",
    )
    parts = [head, *(section.lines() for section in sections)]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _sections(mappings: Mappings) -> list[Section]:
    site = Site.default()
    return [
        Senders(),
        NhsNumbers(site),
        DischargeFields(mappings.codes),
        DeathIndicator(mappings.codes["yes-no"]),
        LocalCodes(mappings),
        Times(),
        UnreadFields(fields_read(mappings, site)),
    ]


def _person(message: Message, number: int) -> str:
    """A key of whom a message is about; without identifiers it is about somebody of its own."""
    pid = message.first("PID")
    written = f"{pid.field(3)}|{pid.field(2)}" if pid else "|"
    known = written if written != "|" else f"message {number}"
    return hashlib.sha256(known.encode()).hexdigest()
