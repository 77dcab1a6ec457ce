"""The blocks of a page that can be run: shell lines as a person would paste them, and programs."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_SHELL = re.compile(r"(?:^\n|\A)(?P<block>(?: {4}.*\n)+)", re.MULTILINE)
_NAMED = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)
_UNNAMED = re.compile(r"^```\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL)


def shell(page: Path) -> list[str]:
    """Takes a page; returns its blocks in order, without the indentation: the indented ones, and
    fenced ones of no language."""
    text = _NAMED.sub("", page.read_text(encoding="utf-8"))
    text = _UNNAMED.sub(lambda found: "\n" + textwrap.indent(found["block"], "    "), text)
    return [textwrap.dedent(found["block"]) for found in _SHELL.finditer(text)]


def program(page: Path, language: str) -> str:
    """Takes a page and a language as its fence names it; returns the one program in it."""
    pattern = rf"^```{language}\n(.*?)^```"
    (found,) = re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)
