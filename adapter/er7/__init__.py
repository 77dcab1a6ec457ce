"""Reads HL7 v2 in its bar-and-hat form (ER7): bytes in, segments out, nothing judged or mapped."""

from adapter.er7.delimiters import Delimiters, NotHl7
from adapter.er7.escapes import escape, unescape
from adapter.er7.framing import split, split_file, split_with_place
from adapter.er7.limits import MOST_REPETITIONS, MOST_SEGMENTS
from adapter.er7.message import NO_VALUE, NULL, Composite, Message, Segment, by_id
from adapter.er7.reader import read

__all__ = [
    "MOST_REPETITIONS",
    "MOST_SEGMENTS",
    "NO_VALUE",
    "NULL",
    "Composite",
    "Delimiters",
    "Message",
    "NotHl7",
    "Segment",
    "by_id",
    "escape",
    "read",
    "split",
    "split_file",
    "split_with_place",
    "unescape",
]
