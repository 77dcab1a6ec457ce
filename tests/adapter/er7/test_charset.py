"""Character sets: what MSH-18 says, what marks say, and what is done when neither is right."""

from __future__ import annotations

import codecs

import pytest

from adapter.er7 import Message, read

NAME = "Zoë Müller"


def message(declared: str) -> str:
    header = "|".join(["MSH", "^~\\&", *[""] * 15, declared])
    return f"{header}\rPID|||||{NAME}"


def family(found: Message) -> str:
    return found.segments[1].text(5)


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "iso8859-1"),
        ("8859/15", "iso8859-15"),
        ("ISO 8859-1", "iso8859-1"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("ASCII", "utf-8"),  # says less than it sends
        ("UNICODE UTF-8", "cp1252"),  # says one and sends another
        ("UNICODE UTF-16", "utf-8"),
        ("8859/1~UNICODE UTF-8", "iso8859-1"),
        ("nonsense", "utf-8"),
    ],
)
def test_names_arrive_whole(declared: str, codec: str) -> None:
    assert family(read(message(declared).encode(codec))) == NAME


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
    ],
)
def test_marks_and_wide_characters(mark: bytes, codec: str) -> None:
    assert family(read(mark + message("").encode(codec))) == NAME
