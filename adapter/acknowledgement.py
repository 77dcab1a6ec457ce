"""HL7 v2 acknowledgements, original and enhanced mode; a pure function of message and outcome.

Source: HL7 v2.9 section 2.9 (processing rules), 2.14 (MSA, ERR), tables 0008, 0155, 0357.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapter import er7
from adapter.acknowledgement_error import error_segment, version_of
from adapter.er7 import Delimiters, Message
from adapter.reason import Reason

ACCEPT = "AA"
ERROR = "AE"
REJECT = "AR"

_DEFAULT_VERSION = "2.4"
_NOT_ACCEPTABLE = frozenset({"200", "201", "202", "203", "207"})
_CONTROL_CHARACTERS = dict.fromkeys(range(32))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes one acknowledgement unlike another: its control id (MSH-10) and its time."""

    control_id: str = field(default_factory=lambda: secrets.token_hex(10))
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement that was received: MSA-1, MSA-2, and what it says is wrong."""

    code: str
    control_id: str
    text: str

    @property
    def accepted(self) -> bool:
        """True for AA and CA."""
        return self.code in {"AA", "CA"}


def acknowledge(message: Message | None, code: str, reason: Reason | None = None) -> list[bytes]:
    """Takes a message (None where unreadable), AA, AE or AR, and why; returns what to send back.

    Original mode: that one acknowledgement. Enhanced mode (MSH-15 or MSH-16 valued): none, the
    commit acknowledgement, the application acknowledgement, or both in this order. AE stands for
    a message that is kept, so its commit acknowledgement is CA.
    """
    codes = [code] if message is None else _codes(message, code, reason)
    return [build(message, each, reason) for each in codes]


def build(
    message: Message | None, code: str, reason: Reason | None = None, stamp: Stamp | None = None
) -> bytes:
    """Takes a message (None where unreadable), a code of table 0008 and why; returns one ACK.

    It is in the version, encoding characters and character set of the message.
    """
    delimiters = message.delimiters if message else Delimiters()
    header = _Header(message)
    segments = [
        _msh(header, delimiters, stamp or Stamp()),
        _msa(header, delimiters, code, reason),
    ]
    if reason is not None and code != "CA":
        segments.append(error_segment(reason, header.version, delimiters))
    text = "".join(segment + "\r" for segment in segments)
    return text.encode(message.charset if message else "utf-8", "replace")


def answers_asked(message: Message) -> tuple[int, int]:
    """Takes a message; returns how many answers its MSH-15 and MSH-16 ask for, at least and at
    most, depending on what becomes of it."""
    counts = [len(_codes(message, code, None)) for code in (ACCEPT, ERROR, REJECT)]
    return min(counts), max(counts)


def read_answer(raw: bytes) -> Answer:
    """Takes an acknowledgement; returns what it says. Raises er7.NotHl7 if it is none."""
    message = er7.read(raw)
    msa = message.first("MSA")
    if msa is None:
        raise er7.NotHl7("the answer has no MSA segment")
    err = message.first("ERR")
    texts = [err.text(8) or err.text(3, 2)] if err else []
    return Answer(msa.text(1), msa.text(2), next(filter(None, [*texts, msa.text(3)]), ""))


def _codes(message: Message, code: str, reason: Reason | None) -> list[str]:
    commit, application = (message.header.text(n).upper() for n in (15, 16))
    if not commit and not application:
        return [code]
    kept = code != REJECT
    codes: list[str] = []
    if _is_asked(commit, success=kept):
        codes.append("CA" if kept else _commit_refusal(reason))
    if _is_asked(application, success=code == ACCEPT) and codes in ([], ["CA"]):
        codes.append(code)
    return codes


def _is_asked(condition: str, *, success: bool) -> bool:
    """Table 0155. A condition nobody knows is read as 'always': better an answer than silence."""
    if condition == "SU":
        return success
    if condition == "ER":
        return not success
    return condition not in {"", "NE", er7.NULL}


def _commit_refusal(reason: Reason | None) -> str:
    """CR where type, version or processing id is not taken or storing failed; CE for the rest."""
    return "CR" if reason is None or reason.code in _NOT_ACCEPTABLE else "CE"


class _Header:
    """The MSH fields an answer needs; '' without a message."""

    def __init__(self, message: Message | None) -> None:
        self._segment = message.header if message else None
        self.version = version_of(
            self.raw(12).split(message.delimiters.component)[0] if message else ""
        )

    def raw(self, n: int) -> str:
        return self._segment.field(n) if self._segment else ""

    def text(self, n: int, component: int) -> str:
        return self._segment.text(n, component) if self._segment else ""


def _msh(header: _Header, delimiters: Delimiters, stamp: Stamp) -> str:
    answered = bool(header.raw(15) or header.raw(16))
    fields = {
        3: header.raw(5),
        4: header.raw(6),
        5: header.raw(3),
        6: header.raw(4),
        7: stamp.time.strftime("%Y%m%d%H%M%S%z"),
        9: _message_type(header, delimiters),
        10: stamp.control_id,
        11: header.raw(11) or "P",
        12: header.raw(12) or _DEFAULT_VERSION,
        15: "NE" if answered else "",
        16: "NE" if answered else "",
        18: header.raw(18),
    }
    return _segment("MSH", [delimiters.encoding_characters, *_row(fields, 3)], delimiters)


def _message_type(header: _Header, delimiters: Delimiters) -> str:
    trigger = er7.escape(header.text(9, 2), delimiters)
    has_structure = bool(header.text(9, 3)) or header.version >= (2, 4)
    parts = ["ACK", trigger, "ACK"] if has_structure else ["ACK", trigger]
    return delimiters.component.join(parts if trigger else parts[:1])


def _msa(header: _Header, delimiters: Delimiters, code: str, reason: Reason | None) -> str:
    # MSA-3 is withdrawn from 2.7 on; before, it is what most senders' screens show.
    says = reason is not None and code != "CA" and header.version < (2, 7)
    text = er7.escape(reason.text, delimiters) if says and reason else ""
    return _segment("MSA", _row({1: code, 2: header.raw(10), 3: text}, 1), delimiters)


def _row(fields: dict[int, str], first: int) -> list[str]:
    return [fields.get(n, "") for n in range(first, max(fields) + 1)]


def _segment(name: str, fields: Iterable[str], delimiters: Delimiters) -> str:
    text = delimiters.field.join([name, *fields]).rstrip(delimiters.field)
    return text.translate(_CONTROL_CHARACTERS)
