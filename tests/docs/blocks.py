"""The blocks of a page that can be run: shell lines as a person would paste them, and programs."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_SHELL = re.compile(r"(?:^\n|\A)(?P<block>(?: {4}.*\n)+)", re.MULTILINE)


def shell(page: Path) -> list[str]:
    """Takes a page; returns its indented blocks in order, without the indentation."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [textwrap.dedent(found["block"]) for found in _SHELL.finditer(text)]


def program(page: Path, language: str) -> str:
    """Takes a page and a language as its fence names it; returns the one program in it."""
    pattern = rf"^```{language}\n(.*?)^```"
    (found,) = re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)
