"""docs/who-sees-what.md is what the table says."""

from __future__ import annotations

from registry.core.visibility_page import page
from tests.docs.pages import ROOT


def test_the_document_is_the_table() -> None:
    written = (ROOT / "docs/who-sees-what.md").read_text()
    assert written == page(), "run: python -m registry.core.visibility_page > docs/who-sees-what.md"
