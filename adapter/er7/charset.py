"""The character set of a message: byte-order marks, then MSH-18, then what the bytes can be."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = tuple(
    (name, "MSH".encode(name)) for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
)
_NEXT_PART = re.compile(r"[~^]")
_PART_OF_8859 = re.compile(r"(?:ISO[- ]?)?8859[-/](\d{1,2})")

_CONTROLS = bytes(range(0x20)).translate(None, b"\t\n\r") + b"\x7f"
_CONTROLS_ARE_BYTES = {"ascii", "utf-8", "cp1252", "latin-1"}

# HL7 table 0211, and names that senders use in its place. A header that can be read byte by byte is
# not in UTF-16 or UTF-32, whatever it says.
_NAMES = {
    "ASCII": "ascii",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
}


def mark(raw: bytes) -> tuple[bytes, str] | None:
    """Takes a message; returns its byte-order mark and the character set that the mark means."""
    return next((found for found in _MARKS if raw.startswith(found[0])), None)


def decode(raw: bytes) -> tuple[str, str]:
    """Takes a message; returns its text and the name of the character set that read it.

    A declared set that does not fit the bytes is passed over, because a wrong letter in a name
    costs less than a message that nobody reads. It never fails.
    """
    if not raw.startswith(b"MSH"):
        if found := mark(raw):
            return raw[len(found[0]) :].decode(found[1], "replace"), found[1]
        for wide, start in _WIDE:
            if raw.startswith(start):
                return raw.decode(wide, "replace"), wide
    for name in (_declared(raw), "utf-8", "cp1252"):
        try:
            return raw.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1"), "latin-1"


def has_controls(raw: bytes, charset: str) -> bool:
    """Takes a message and what read it; False where it surely has none of the control characters
    that HL7 leaves out.

    In these sets the byte of a control character is nothing else, and nothing else becomes one.
    """
    plain = charset in _CONTROLS_ARE_BYTES or charset.startswith("iso8859-")
    return not plain or len(raw.translate(None, _CONTROLS)) != len(raw)


def _declared(raw: bytes) -> str:
    """The codec of MSH-18, its first repetition; UTF-8 where it names none that we know."""
    header = raw.lstrip(b"\x0b \r\n").partition(b"\r")[0].partition(b"\n")[0]
    # MSH-1 is the separator itself, so MSH-18 is the eighteenth piece, counted from zero as 17.
    fields = header.split(header[3:4], 18) if len(header) > 3 else []
    text = fields[17].decode("latin-1") if len(fields) > 17 else ""
    if not text:
        return "utf-8"
    name = _NEXT_PART.split(text, maxsplit=1)[0].strip().upper()
    if part := _PART_OF_8859.fullmatch(name):
        return f"iso8859-{part[1]}"
    return _NAMES.get(name, "utf-8")
