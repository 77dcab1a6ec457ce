"""Bad input of every kind that docs/bad-input.md names, by the name it has there."""

from __future__ import annotations

from collections.abc import Callable

_MSH = "MSH|^~\\&|PAS|RT1|LFD|REG|20260314091500||ADT^A03^ADT_A03|C1|P|2.4"
_EVN = "EVN||20260314091400"
_PID = "PID|1||12345^^^RT1^MR||TESTER^Terry||19500203|M"
_PV1 = "PV1|1|I|W1^B2^C3||||||||||||||||V1^^^RT1"
_MILLION = 1_000_000


def message(*segments: str, header: str = _MSH) -> bytes:
    """Takes segments; returns the message, with a good header unless another is given."""
    return "".join(f"{one}\r" for one in (header, *segments)).encode()


def _good() -> bytes:
    return message(_EVN, _PID, _PV1)


def _header(old: str, new: str) -> bytes:
    return message(_EVN, _PID, _PV1, header=_MSH.replace(old, new))


def _wide_character_set() -> bytes:
    said = _MSH + "||||||UNICODE UTF-8"
    return message(_EVN, _PID, header=said).replace(b"TESTER", "MÜLLER".encode("cp1252"))


def _batch() -> bytes:
    return (
        b"FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r" + _good() + _good().replace(b"|C1|", b"|C2|") + b"BTS|2\r"
    )


INPUTS: dict[str, Callable[[], bytes]] = {
    "nothing at all": lambda: b"",
    "only blank lines": lambda: b"\r\n \r\n",
    "text that is no HL7": lambda: b"Dear colleague, thank you for seeing this patient.",
    "binary, such as a picture": lambda: bytes(range(256)) * 64,
    "no MSH segment": lambda: message(_PID, _PV1, header=_EVN),
    "only the letters MSH": lambda: b"MSH",
    "a field separator that is a letter": lambda: _good().replace(b"|", b"x"),
    "the same delimiter twice": lambda: _header("^~\\&", "^^\\&"),
    "other delimiters than MSH-2 says": lambda: _good().replace(b"^~\\&", b"*~\\&"),
    "cut off in the header": lambda: _good()[:40],
    "cut off in PID": lambda: _good()[: len(_MSH) + len(_EVN) + 20],
    "NUL bytes between": lambda: _good().replace(b"|", b"|\0"),
    "MLLP bytes within the message": lambda: _good().replace(b"TESTER", b"TES\x0bTER"),
    "a block within a block": lambda: b"\x0b" + _good(),
    "several messages in one": lambda: _good() + _good().replace(b"|C1|", b"|C2|"),
    "a batch": _batch,
    "a field of 50 MB": lambda: _good().replace(b"TESTER", b"A" * 50_000_000),
    "a field of 5 MB": lambda: _good().replace(b"TESTER", b"A" * 5_000_000),
    "a million repetitions": lambda: _good().replace(
        b"12345^^^RT1^MR", b"~".join([b"1^^^R"] * _MILLION)
    ),
    "a million segments": lambda: _good() + b"NTE|1\r" * _MILLION,
    "a million line breaks in a note": lambda: _good() + b"NTE|1||a\r" + b"...\r" * _MILLION,
    "another character set than MSH-18 says": _wide_character_set,
    "an unknown character set": lambda: message(_EVN, _PID, header=_MSH + "||||||KLINGON"),
    "a version of the future": lambda: _header("|2.4", "|3.17"),
    "no version": lambda: _header("|2.4", "|"),
    "no message type": lambda: _header("ADT^A03^ADT_A03", ""),
    "another message type": lambda: _header("ADT^A03^ADT_A03", "ORU^R01"),
    "no event": lambda: _header("ADT^A03^ADT_A03", "ADT"),
    "an unknown event": lambda: _header("ADT^A03^ADT_A03", "ADT^Q99"),
    "no sender": lambda: _header("|RT1|", "||"),
    "no control id": lambda: _header("|C1|", "||"),
    "an unknown processing id": lambda: _header("|P|", "|X|"),
    "a message for training": lambda: _header("|P|", "|T|"),
    "no PID": lambda: message(_EVN, _PV1),
    "a PID without any field": lambda: message(_EVN, "PID", _PV1),
    "no MRG in a merge": lambda: _header("A03^ADT_A03", "A40"),
    "contradicting: dead and not dead": lambda: message(_EVN, _PID + "|" * 21 + "20260314|N", _PV1),
    "contradicting: MSH-9 and EVN-1": lambda: message("EVN|A01|20260314091400", _PID, _PV1),
    "contradicting: end before start": lambda: message(
        _EVN, _PID, _PV1 + "|" * 25 + "20260314|20260301"
    ),
    "dates that are none": lambda: message(_EVN, _PID.replace("19500203", "31/02/1950"), _PV1),
    "only Z segments": lambda: message("ZU1|1|a", "ZU8|b"),
    "the same control id again, same content": _good,
    "the same control id again, other content": lambda: _good().replace(b"Terry", b"Tara"),
}
