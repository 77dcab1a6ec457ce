"""The documents as a site: it builds strictly, every page is in its navigation, its diagrams are
drawn, and it asks nobody else's server for anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.console.looking import chromium_path, running_chromium
from tests.docs.pages import ROOT

SCRIPTS = "build/docs-npm/.installed"
# A link that a person may follow; all else is loaded with the page.
_FOLLOWED = {"a", "form"}
_LOADING = {"src", "href", "srcset", "poster", "data"}
_OUTSIDE = re.compile(r"(?:\w+:)?//")
_NOT_RENDERED = re.compile(r"<p>(?:(?!</p>).)*\n(?:- |\d+\. |\| )", re.DOTALL)


class _Loaded(HTMLParser):
    """What a page loads from another address than its own site."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FOLLOWED or ("rel", "canonical") in attrs:
            return
        found = [text for name, text in attrs if name in _LOADING and text]
        self.outside += [text for text in found if _OUTSIDE.match(text)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = subprocess.run(["make", SCRIPTS], cwd=ROOT, capture_output=True, text=True, timeout=100)
    if made.returncode and (shutil.which("npm") is None or not os.environ.get("CI")):
        pytest.skip(f"the site's scripts need npm and a network: {made.stdout or made.stderr}")
    assert made.returncode == 0, made.stderr
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    yield folder


def test_every_page_is_there_and_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    # The front of a folder is a README here, and an index there.
    expected = {
        str(page.relative_to(ROOT / "docs").with_suffix(".html")).replace("README", "index")
        for page in (ROOT / "docs").rglob("*.md")
    }
    assert len(expected) > 40
    for name in expected:
        assert (site / name).is_file(), name
        assert f'href="{name}"' in home, name


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = _Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        assert loaded.outside == [], page.relative_to(site)


def test_lists_and_tables_are_rendered_as_they_are_in_the_checkout(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = re.sub(r"<pre.*?</pre>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        found = _NOT_RENDERED.search(text)
        assert found is None, f"{page.relative_to(site)}: {found[0][-200:]}"


def test_in_a_browser_without_a_network_diagrams_are_drawn_and_search_finds(site: Path) -> None:
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is needed for this, and is not on this machine")
    asked: list[str] = []
    with running_chromium(path) as browser, browser.new_context(offline=True) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for name in ("architecture", "the-rule", "how-a-lead-is-proposed"):
            page.goto((site / f"{name}.html").as_uri())
            page.locator("div.mermaid").first.wait_for()
            box = page.locator("div.mermaid").first.bounding_box()
            assert box is not None
            assert box["height"] > 100
            assert page.locator("pre.mermaid").count() == 0
        page.locator("input.md-search__input").fill("quarantine")
        found = page.locator(".md-search-result__link").first
        found.wait_for()
        assert str(found.get_attribute("href")).startswith("file:")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
