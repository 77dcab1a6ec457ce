"""Which message structure an ADT event has (HL7 v2.9 table 0354 and the tables of older versions).

From 2.1 to 2.2 each event has its own structure; later versions share them, and split some again.
"""

from __future__ import annotations

from adapter.grammar import standard

_SHARED = {
    "ADT_A01": ("A01", "A04", "A05", "A08", "A13", "A14", "A28", "A31"),
    "ADT_A02": ("A02", "A21", "A22", "A23", "A25", "A26", "A27", "A29", "A32", "A33"),
    "ADT_A06": ("A06", "A07"),
    "ADT_A09": ("A09", "A10", "A11", "A12", "A15"),
    "ADT_A24": ("A24", "A37"),
    "ADT_A30": ("A30", "A34", "A35", "A36", "A46", "A47", "A48", "A49"),
    "ADT_A39": ("A39", "A40", "A41", "A42"),
    "ADT_A43": ("A43", "A44"),
    "ADT_A50": ("A50", "A51"),
    "ADT_A52": ("A52", "A53"),
    "ADT_A54": ("A54", "A55"),
    "ADT_A61": ("A61", "A62"),
}
_SPLIT_LATER = {
    "ADT_A05": ("A05", "A14", "A28", "A31"),
    "ADT_A21": ("A21", "A22", "A23", "A25", "A26", "A27", "A29", "A32", "A33"),
}


def structure_of(event: str, version: str) -> str:
    """Takes an ADT event; returns the name of its structure in a version, '' where it has none."""
    later = _holding(event, _SPLIT_LATER)
    candidates = (f"ADT_{event}", later, _holding(event, _SHARED))
    return next((name for name in candidates if name and standard.structure(name, version)), "")


def _holding(event: str, shared: dict[str, tuple[str, ...]]) -> str:
    return next((name for name, events in shared.items() if event in events), "")
