"""Diagnosis codes as their coding systems write them; ICD-10 is recognised where none is named."""

from __future__ import annotations

import re

_ICD10 = re.compile(r"(?P<category>[A-Z]\d[0-9A-Z])\.?(?P<rest>[0-9X][0-9A-Z]{0,3}|X?)-?")


def is_icd10(code: str) -> bool:
    """True for text of the shape of an ICD-10 code, with or without its point."""
    return _ICD10.fullmatch(code.upper()) is not None


def normalise_icd10(code: str) -> str:
    """Takes an ICD-10 code as senders write it; returns it as WHO does: F720 is F72.0.

    The X that fills a three-character code up to four is dropped. Anything else stays as it is.
    """
    match = _ICD10.fullmatch(code.upper())
    if match is None:
        return code
    rest = match["rest"].rstrip("X")
    return f"{match['category']}.{rest}" if rest else match["category"]
