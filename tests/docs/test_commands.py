"""docs/commands.md has every command and option, and no document names one that is not there."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from lfd.arguments import parser
from tests.docs.pages import ROOT, command_lines, lfd_commands, pages

COMMANDS = ROOT / "docs/commands.md"
Words = tuple[str, ...]


def _leaves(top: argparse.ArgumentParser, words: Words = ()) -> Iterator[tuple[Words, list[str]]]:
    # argparse has no public way to ask a parser what it takes.
    actions = cast(list[Any], top._actions)  # pyright: ignore[reportPrivateUsage]
    nested = [action for action in actions if isinstance(action.choices, dict)]
    for action in nested:
        for name, below in action.choices.items():
            yield from _leaves(below, (*words, name))
    if not nested:
        options = [text for action in actions for text in action.option_strings]
        yield words, [text for text in options if text.startswith("--") and text != "--help"]


LEAVES = dict(_leaves(parser()))


def sections() -> dict[str, str]:
    """The part of docs/commands.md about each command, by its heading's words after `lfd`."""
    parts = re.split(r"^### `lfd ([^`]+)`$", COMMANDS.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def section(words: Words) -> str:
    """The part about one command. KeyError where there is none."""
    named = {
        tuple(word for word in heading.split() if word.islower()): text
        for heading, text in sections().items()
    }
    return named[words]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_is_described_with_its_options(words: Words) -> None:
    text = section(words)
    for option in LEAVES[words]:
        assert re.search(rf"`{option}[ `]", text), f"lfd {' '.join(words)} {option}"


def defaults(top: argparse.ArgumentParser, words: Words) -> dict[str, Any]:
    """What a command's options are where they are not given; those that have no default left
    out."""
    for word in words:
        actions = cast(list[Any], top._actions)  # pyright: ignore[reportPrivateUsage] - as above
        named = [cast(dict[str, Any], a.choices) for a in actions if isinstance(a.choices, dict)]
        top = next(choices[word] for choices in named if word in choices)
    actions = cast(list[Any], top._actions)  # pyright: ignore[reportPrivateUsage] - as above
    known = (None, False, argparse.SUPPRESS)
    return {
        text: action.default
        for action in actions
        for text in action.option_strings
        if action.default not in known
    }


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_a_default_that_is_stated_is_the_one_that_holds(words: Words) -> None:
    held = defaults(parser(), words)
    for row in section(words).splitlines():
        stated = re.search(r"\bdefault `?([^\s;,`|]+(?:,\d{3})*)", row)
        for option in re.findall(r"`(--[a-z-]+)", row) if stated else ():
            said = stated[1].rstrip(".").replace(",", "") if stated else ""
            if option in held:
                assert str(held[option]).removesuffix(".0") == said, (words, option)
            else:
                assert said == "one" or "/" in said, (words, option)


def test_nothing_is_described_that_is_not_there() -> None:
    assert len(sections()) == len(LEAVES)
    for words, options in LEAVES.items():
        named = set(re.findall(r"`(--[a-z-]+)", section(words)))
        assert named <= set(options), words


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_documents_name_exist(page: Path) -> None:
    for words in lfd_commands(page):
        leaf = _leaf(words)
        if leaf is None:
            continue
        for word in words:
            option = re.match(r"--[a-z-]+", word)
            assert option is None or option[0] in {*LEAVES[leaf], "--help"}, words


def _leaf(words: list[str]) -> Words | None:
    """The command that the words begin with; None for `lfd` alone and for a whole group."""
    known = [leaf for leaf in LEAVES if tuple(words[: len(leaf)]) == leaf]
    if known:
        return known[0]
    groups = {leaf[0] for leaf in LEAVES if len(leaf) > 1}
    assert not words or words[0] in groups or words[0].startswith("-"), f"lfd {' '.join(words)}"
    return None


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_that_documents_name_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = [line for line in command_lines(page) if line.startswith("make ")]
    named = {line.split()[1] for line in lines}
    named |= set(re.findall(r"`make ([a-z-]+)", page.read_text()))
    assert named <= targets


def test_complete_lfd_lines_are_ones_that_lfd_takes() -> None:
    """Lines that could be pasted: whole commands, without the shell's own characters."""
    pasted = 0
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for line in command_lines(page):
            is_whole = not re.search(r"[$*|[]|\.\.\.", line)
            if is_whole and line.startswith(("lfd ", ".venv/bin/lfd ")):
                parser().parse_args(shlex.split(re.sub(r" (?:>>?|#) .*", "", line))[1:])
                pasted += 1
    assert pasted > 20
