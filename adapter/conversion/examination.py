"""The cheap look at a message that decides, before it is acknowledged, whether it can be converted.

The codes are those of HL7 table 0357.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from adapter.conversion.groups import groups
from adapter.conversion.refusal import Refusal
from adapter.conversion.trigger import events, message_type, trigger
from adapter.er7 import NO_VALUE, Message, Segment
from mappings import PROCESSING_IDS, Subject

_MEANT = {"T": "training", "D": "debugging"}


def examine(
    message: Message, organisation: str | None, processing_ids: Set[str] = PROCESSING_IDS
) -> Refusal | None:
    """Takes a message, the ODS code of its sender, if that is configured, and which processing ids
    are taken (HL7 table 0103). Senders of v2.2 and before leave it empty: that is production.

    Returns why it cannot be converted, or None. What passes here is converted or is recorded as
    not relevant.
    """
    code = trigger(message)
    return (
        _type(message, code, processing_ids)
        or _sender(message, organisation)
        or _subject(message, code)
    )


def _type(message: Message, code: str, processing_ids: Set[str]) -> Refusal | None:
    if message_type(message) != "ADT":
        text = "only ADT messages are taken here: send others elsewhere"
        return Refusal("200", "MSH-9", text, kept=False)
    if (refusal := _processing_id(message, processing_ids)) is not None:
        return refusal
    if not code:
        return Refusal("101", "MSH-9", "no trigger event: give it in MSH-9.2 or EVN-1")
    if code not in events():
        return Refusal("201", "MSH-9", "the trigger event is none of ADT's")
    return None


def _processing_id(message: Message, taken: Set[str]) -> Refusal | None:
    """Training among live data would make people die who have not: it is not taken by mistake."""
    processing_id = message.header.text(11).upper() or "P"
    if processing_id not in PROCESSING_IDS:
        return Refusal("202", "MSH-11", "the processing id is none of P, T and D", kept=False)
    if processing_id in taken:
        return None
    if processing_id == "P":
        text = "production messages are not taken here, by processing-ids of the site file"
    else:
        text = (
            f"messages for {_MEANT[processing_id]} ({processing_id}) are not taken here: send them "
            "to a test system, or name them in processing-ids of the site file"
        )
    return Refusal("202", "MSH-11", text, kept=False)


def _sender(message: Message, organisation: str | None) -> Refusal | None:
    header = message.header
    if organisation or header.text(4) not in NO_VALUE or header.text(4, 2) not in NO_VALUE:
        return None
    text = "no sending facility: give the ODS code in MSH-4, or configure the organisation"
    return Refusal("101", "MSH-4", text)


def _subject(message: Message, code: str) -> Refusal | None:
    event = events()[code]
    if event.subject is Subject.NOTHING:
        return None
    if message.first("PID") is None:
        return Refusal("100", "PID", "no PID segment: the event is about a person")
    if event.subject is Subject.MERGE:
        return _merge(message)
    return None


def _merge(message: Message) -> Refusal | None:
    """A merge must name a prior record (MRG-1, or MRG-4 of older senders) that is another one."""
    if message.first("MRG") is None:
        return Refusal("100", "MRG", "no MRG segment: a merge names the prior record there")
    merges = [(mrg, group.person) for group in groups(message) for mrg in group.all("MRG")]
    if not merges:
        return Refusal("100", "PID", "no PID segment before MRG: a merge names the survivor there")
    return next((refusal for mrg, pid in merges if (refusal := _prior(mrg, pid))), None)


def _prior(mrg: Segment, pid: Segment) -> Refusal | None:
    prior = identifiers(mrg, 1) | identifiers(mrg, 4)
    if not prior:
        return Refusal("101", "MRG-1", "no prior identifier: the merge names no record")
    surviving = by_value(identifiers(pid, 3) | identifiers(pid, 2))
    if all(is_among(one, surviving) for one in prior):
        return Refusal("204", "MRG-1", "the merge is of a record into itself: nothing is merged")
    return None


Key = tuple[str, str]


def identifiers(segment: Segment, field: int) -> set[Key]:
    """Takes a segment and a field of type CX; returns (value, authority) of each identifier."""
    keys = {(cx.text(1), cx.text(4).upper() or cx.text(4, 2)) for cx in segment.composites(field)}
    return {(value, authority) for value, authority in keys if value not in NO_VALUE}


def by_value(keys: Iterable[Key]) -> dict[str, set[str]]:
    """Takes identifiers; returns the authorities of each value, for `is_among`."""
    found: dict[str, set[str]] = {}
    for value, authority in keys:
        found.setdefault(value, set()).add(authority)
    return found


def is_among(one: Key, others: Mapping[str, set[str]]) -> bool:
    """True where an identifier is one of others; an authority that is not written is any."""
    authorities = others.get(one[0], set())
    return bool(authorities) and bool(not one[1] or authorities & {one[1], ""})
