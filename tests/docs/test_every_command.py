"""Every block of every page is run by a test, or has a reason why it is not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lfd.arguments import parser
from tests.docs.blocks import shell
from tests.docs.not_run import NOT_RUN, left_out, reasons, to_run
from tests.docs.pages import ROOT, files, pages

HERE = Path(__file__).parent


def names_in(module: Path) -> set[str]:
    """The texts in a module's code."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_its_blocks_are_run_or_have_a_reason(page: Path) -> None:
    """Which blocks is for the test: it unpacks all of them, so that one more makes it fail."""
    if to_run(page):
        followed = [*HERE.glob("test_pages_that_*.py"), HERE / "reader.py"]
        assert any(page.name in names_in(module) for module in followed), to_run(page)


def test_no_reason_is_left_of_a_block_that_went() -> None:
    for name in NOT_RUN:
        page = ROOT / name
        began = [block.lstrip() for block in shell(page)]
        for beginning in reasons(page):
            assert any(block.startswith(beginning) for block in began), (name, beginning)


def test_reasons_name_tests_that_are_there() -> None:
    there = {str(path.relative_to(ROOT)) for path in files()}
    for page in NOT_RUN.values():
        for reason in page.values():
            for word in reason.replace(",", " ").replace(";", " ").split():
                if word.startswith("tests/"):
                    assert any(path.startswith(f"{word}/") for path in there), word


def test_programs_that_are_not_run_are_there() -> None:
    """`python -m NAME` and files of the checkout, of the blocks that are left out."""
    for page in pages():
        for words in (line.split() for block in left_out(page) for line in block.splitlines()):
            if words[1:2] == ["-m"]:
                folder = ROOT.joinpath(*words[2].split("."))
                assert folder.with_suffix(".py").exists() or (folder / "__main__.py").exists()
            elif words and words[0].startswith(("tests/", "deployment/")):
                assert (ROOT / words[0]).exists(), words


def test_a_client_is_registered_in_a_container_as_lfd_takes_it() -> None:
    (block,) = left_out(ROOT / "docs" / "operate.md")
    words = block.replace("\\\n", " ").partition("register-adapter")[2].split()
    chosen = parser().parse_args(words)
    assert (chosen.id, chosen.organisation, chosen.role) == ("surgery", "Z99901", "gp")
