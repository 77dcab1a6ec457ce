"""HL7 escape sequences (v2.9 section 2.7), undone once at the leaves of a message, and made."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from adapter.er7.delimiters import Delimiters

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_KNOWN = r"[FSTREPHN]|[Xx](?:[0-9A-Fa-f]{2})+|\.(?:br|sp\d*|ce)"


def unescape(text: str, delimiters: Delimiters, charset: str = "utf-8") -> str:
    """Takes the raw text of a leaf; returns what it says.

    Sequences that are malformed, unknown or local stay as they are written. `charset` reads the
    bytes of `\\Xdd..\\`.
    """
    mark = delimiters.escape
    if not mark or mark not in text:
        return text
    pattern, meaning = _table(delimiters)

    def replace(match: re.Match[str]) -> str:
        sequence = match[1]
        if sequence[0] in "Xx":
            return without_controls(_bytes(bytes.fromhex(sequence[1:]), charset))
        return meaning.get(sequence, "\n")

    return pattern.sub(replace, text)


def without_controls(text: str) -> str:
    """Takes text; returns it without the control characters that neither HL7 nor FHIR allows."""
    return _CONTROL.sub("", text)


def escape(text: str, delimiters: Delimiters) -> str:
    """Takes plain text; returns it fit to stand in a field: the inverse of `unescape`."""
    mark = delimiters.escape
    if not mark:
        return text
    names = _names(delimiters)
    names["\r"] = "X0D"
    names["\n"] = ".br"
    return "".join(f"{mark}{names[c]}{mark}" if c in names else c for c in text)


def _names(delimiters: Delimiters) -> dict[str, str]:
    names = {
        delimiters.field: "F",
        delimiters.component: "S",
        delimiters.subcomponent: "T",
        delimiters.repetition: "R",
        delimiters.escape: "E",
        delimiters.truncation: "P",
    }
    names.pop("", None)
    return names


@lru_cache(maxsize=64)
def _table(delimiters: Delimiters) -> tuple[re.Pattern[str], dict[str, str]]:
    mark = re.escape(delimiters.escape)
    meaning = {name: character for character, name in _names(delimiters).items()}
    # An escaped separator that the message does not declare is the customary one.
    for name, customary in zip("FSTREP", "|^&~\\#", strict=True):
        meaning.setdefault(name, customary)
    meaning |= {"H": "", "N": ""}  # highlighting on and off
    return re.compile(f"{mark}({_KNOWN}){mark}"), meaning


def _bytes(data: bytes, charset: str) -> str:
    decoders: list[Callable[[], str]] = [
        lambda: data.decode(charset),
        lambda: data.decode("cp1252"),
    ]
    for decode in decoders:
        try:
            return decode()
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
