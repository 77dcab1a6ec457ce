"""The documents, and what can be read out of them: links, paths and commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {
    *(".git", ".venv", ".demo", "lfd-data", "build", "dist", "target", "__pycache__"),
    *(".hypothesis", ".pytest_cache", ".ruff_cache", "secrets"),
}
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`(?P<code>[^`\n]+)`")
_LFD = re.compile(r"(?:^|[\s(=])(?:\.venv/bin/)?lfd(?P<words>(?: [^\s|)`&;>]+)*)")


def pages() -> list[Path]:
    """Returns every Markdown page of the checkout."""
    return [path for path in files() if path.suffix == ".md"]


@cache
def files() -> tuple[Path, ...]:
    """Returns the files of the checkout, without what is made in it and never committed."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        is_made = path.name in MADE or path.name.endswith(".egg-info")
        if path.is_dir() and not is_made:
            yield from _walk(path)
        elif path.is_file() and not is_made:
            yield path


def links(page: Path) -> list[str]:
    """Takes a page; returns the targets of its links and pictures."""
    text = _FENCE.sub("", page.read_text())
    return [found["target"] for found in _LINK.finditer(text)]


def anchors(page: Path) -> set[str]:
    """Takes a page; returns the names by which its headings can be linked to."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def code(page: Path) -> list[str]:
    """Takes a page; returns what stands in it between single backquotes."""
    text = _FENCE.sub("", page.read_text())
    return [found["code"] for found in _CODE.finditer(text)]


def command_lines(page: Path) -> list[str]:
    """Takes a page; returns its indented lines, those that end in a backslash joined with the
    next."""
    text = page.read_text().replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


def lfd_commands(page: Path) -> list[list[str]]:
    """Takes a page; returns the words after each `lfd` in its commands."""
    named = [*code(page), *command_lines(page)]
    return [found["words"].split() for text in named for found in _LFD.finditer(text)]
