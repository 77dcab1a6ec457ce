"""docs/site-files.md has every item of a site file, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lfd.site import site
from mappings.site import DEFAULT
from tests.docs.pages import ROOT
from yaml_source import open_source

PAGES = [ROOT / "docs" / "site-files.md", ROOT / "mappings" / "README.md"]
ITEMS = list(open_source(DEFAULT).table())


def examples() -> list[str]:
    """The indented blocks of the pages that begin with an item of a site file."""
    text = "\n\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    blocks = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    bare = [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in blocks]
    return [block for block in bare if block.partition(":")[0] in ITEMS]


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_is_described(item: str) -> None:
    assert re.search(rf"^\| .*`{item}`", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("example", examples())
def test_examples_load_and_compile(tmp_path: Path, example: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(example, encoding="utf-8")
    assert site(path) is not None


def test_there_are_examples() -> None:
    assert len(examples()) >= 3
