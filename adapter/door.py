"""The decision at the door: taken, kept with a fault, or refused. Pure; nothing is stored here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from adapter import er7
from adapter.acknowledgement import ACCEPT, ERROR, REJECT
from adapter.er7 import Message
from adapter.reason import Reason
from adapter.senders import Sender, is_part_of

_FIRST_SEGMENT = re.compile(rb"[\r\n]")
_FRAMING = b"\x0b\x1c \t\r\n"
CANNOT_BE_STORED = Reason("207", "", "The message cannot be stored now; send it again.")
_NOT_YOURS = Reason(
    "103",
    "MSH[1]-4",
    "The sender of this connection may not send messages of the organisation in MSH-4.",
)
_NOT_KNOWN = Reason("103", "MSH[1]-4", "The certificate of this connection is in no sender file.")


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the inbox keeps it; `fault` is set where it must not be processed.
    `traceparent` is its place in a trace, None while traces are off."""

    organisation: str
    control_id: str
    trigger: str
    raw: bytes
    sha256: bytes
    fault: Reason | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """AA, AE or AR; the message it answers, if readable; what to keep; why it is not accepted.

    `forbidden` is a message that its sender may not send: to be recorded, never to be kept.
    """

    code: str
    message: Message | None
    entry: Entry | None
    reason: Reason | None
    forbidden: Entry | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What an examination found wrong, and whether the message is kept all the same."""

    reason: Reason
    kept: bool


Examine = Callable[[Message], Fault | None]
Organisation = Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class Door:
    """Judges messages. `examine` finds faults; `sender` names the sending organisation, just as
    the conversion will.

    With `organisation` (an ODS code) only that organisation and its sites are let in; `names`
    goes from what senders write in MSH-4, in capitals, to an ODS code.
    """

    examine: Examine
    sender: Organisation
    organisation: str | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def judge(self, raw: bytes, by: Sender | None = None) -> Verdict:
        """Takes one message, and who sent it (None: nobody is asked who they are); returns what
        to answer and what to keep. It never fails."""
        try:
            return self._judge(raw, by)
        except Exception as error:
            # Without an answer the sender would send it for ever, and nothing after it.
            return self._unexamined(raw, by, type(error).__name__)

    def judge_oversize(self, head: bytes, limit: int) -> Verdict:
        """Takes the first bytes of a message over the limit (bytes); returns its refusal."""
        text = f"The message is longer than {limit} bytes; nothing of it is kept."
        return Verdict(REJECT, _header_alone(head), None, Reason("207", "", text))

    def named(self, verdict: Verdict) -> str:
        """Takes a verdict; returns the ODS code of the sender that its message names, '' where none
        is to be read."""
        if verdict.entry is not None:
            return verdict.entry.organisation
        if verdict.message is None:
            return ""
        try:
            return _plain(self.sender(verdict.message))
        except Exception:  # whatever kept the door from judging it
            return ""

    def _judge(self, raw: bytes, by: Sender | None) -> Verdict:
        try:
            message = er7.read(raw)
        except er7.NotHl7 as fault:
            return self._unreadable(raw, fault.reason, by)
        if refusal := self._not_let_in(message, raw, by):
            return refusal
        fault = self.examine(message)
        if fault is None:
            return Verdict(ACCEPT, message, self._entry(message, raw), None)
        if fault.kept:
            return Verdict(ERROR, message, self._entry(message, raw, fault.reason), fault.reason)
        return Verdict(REJECT, message, None, fault.reason)

    def _unreadable(self, raw: bytes, why: str, by: Sender | None) -> Verdict:
        """What begins with a readable header is HL7, so it is kept for a person to look at."""
        header = _header_alone(raw)
        reason = Reason("100", "", f"The message cannot be read: {why}.")
        if header is None:
            return Verdict(REJECT, None, None, reason)
        if refusal := self._not_let_in(header, raw, by):
            return refusal
        return Verdict(ERROR, header, self._entry(header, raw, reason), reason)

    def _unexamined(self, raw: bytes, by: Sender | None, error: str) -> Verdict:
        """A fault of ours. It is kept, but never for a sender that might not have sent it."""
        header = _header_alone(raw)
        if by is not None and not self._speaks_for(header, by):
            text = f"The message could not be examined ({error}), nor whose it is; it is not kept."
            return Verdict(REJECT, header, None, Reason("207", "", text))
        reason = Reason("207", "", f"The message could not be examined ({error}); it is kept.")
        entry = Entry(self.organisation or "", "", "", raw, _sha256(raw), reason)
        return Verdict(ERROR, header, entry, reason)

    def _speaks_for(self, message: Message | None, by: Sender) -> bool:
        try:
            return message is not None and self._not_let_in(message, b"", by) is None
        except Exception:
            return False

    def _not_let_in(self, message: Message, raw: bytes, by: Sender | None) -> Verdict | None:
        refusal = self._not_ours(message)
        if by is None:
            return Verdict(REJECT, message, None, refusal) if refusal else None
        if refusal is None and by.may_speak_for(self.organisation or self.sender(message)):
            return None
        reason = refusal or (_NOT_YOURS if by.known else _NOT_KNOWN)
        written = message.header.text(4) or message.header.text(4, 2)
        forbidden = replace(self._entry(message, raw), organisation=_plain(written))
        return Verdict(REJECT, message, None, reason, forbidden)

    def _not_ours(self, message: Message) -> Reason | None:
        ours = self.organisation
        written = message.header.text(4).upper()
        if (
            ours is None
            or not written
            or is_part_of(self.names.get(written, written), ours.upper())
        ):
            return None
        return Reason("103", "MSH[1]-4", f"This adapter takes messages of {ours} only.")

    def _entry(self, message: Message, raw: bytes, fault: Reason | None = None) -> Entry:
        header = message.header
        trigger = header.text(9, 2)
        if not trigger and (evn := message.first("EVN")):
            trigger = evn.text(1)
        return Entry(
            organisation=_plain(self.organisation or self.sender(message)),
            control_id=_plain(header.text(10)),
            trigger=_plain(trigger),
            raw=raw,
            sha256=_sha256(raw),
            fault=fault,
        )


def _sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _plain(text: str) -> str:
    """PostgreSQL keeps no NUL in text; the raw message keeps what was sent."""
    return text.replace("\0", "")


def _header_alone(raw: bytes) -> Message | None:
    """The message of only the first segment, where that can be read."""
    try:
        return er7.read(_FIRST_SEGMENT.split(raw.lstrip(_FRAMING), maxsplit=1)[0])
    except er7.NotHl7:
        return None
