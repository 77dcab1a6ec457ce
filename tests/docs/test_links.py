"""Links between documents resolve, paths that they name exist, and pages are all reachable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import MADE, ROOT, anchors, code, command_lines, files, links, pages

TOP = {path.name for path in ROOT.iterdir()} - MADE
# What is named before it is made, or only as an example.
MADE_LATER = {".venv/bin/lfd", ".venv", ".demo", "deployment/secrets"}


def names(paths: list[Path]) -> list[str]:
    """The paths as the checkout knows them, for the names of tests."""
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("page", pages(), ids=names(pages()))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"https?:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", pages(), ids=names(pages()))
def test_paths_named_exist(page: Path) -> None:
    in_commands = [word for line in command_lines(page) for word in line.split()]
    for text in [*code(page), *in_commands]:
        first = text.split("/")[0]
        is_path = "/" in text and first in TOP and re.fullmatch(r"[\w./-]+", text)
        if is_path and text not in MADE_LATER:
            assert (ROOT / text).exists(), text


def test_architecture_names_the_code_it_walks_through() -> None:
    named = [text for text in code(ROOT / "docs/architecture.md") if text.endswith((".py", ".sql"))]
    assert len(named) > 40
    for text in named:
        assert (ROOT / text).is_file(), text


def test_every_document_is_linked_to() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in pages()
        for link in links(page)
        if not link.startswith("http")
    }
    for page in (ROOT / "docs").rglob("*.md"):
        assert page in linked, page.relative_to(ROOT)


def test_decisions_have_the_same_four_parts() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("0*.md"))
    assert decisions
    for number, page in enumerate(decisions, 1):
        text = page.read_text()
        assert text.startswith(f"# {number}. "), page.name
        parts = re.findall(r"^\*\*(\w[\w ]+)\.\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Turned down", "Consequences"], page.name


# An address of a package or of an index of packages; of none in particular.
REGISTRY = re.compile(
    r"https?://\S+(?:\.whl|\.tar\.gz|\.tgz|/simple/?)\b|--(?:extra-)?index-url[ =]\S*://"
)
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/(?!\.)\w+")


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    for path in files():
        name = str(path.relative_to(ROOT))
        text = path.read_bytes().decode("utf-8", "replace")
        found = [*REGISTRY.findall(text), *MACHINE.findall(text)]
        assert not found, f"{name}: {found}"
