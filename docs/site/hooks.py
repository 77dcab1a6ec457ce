"""What MkDocs must know of this checkout: pages link to files outside `docs`, as they are read in
the checkout too; and its scripts are our own, none from another's server."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OUTSIDE = "checkout"
"""The folder of the site for what is linked to and stands outside `docs`."""
_FETCHED = ROOT / "build/docs-npm/node_modules"
SCRIPTS = {
    "javascripts/mermaid.js": _FETCHED / "@mermaid-js/tiny/dist/mermaid.tiny.js",
    "javascripts/iframe-worker.js": _FETCHED / "iframe-worker/shim/index.js",
}
"""What draws the diagrams, and what searches without a server: its place in the site, and where
it comes from."""

_LINK = re.compile(r"(?P<before>!?\[(?P<text>[^\]]*)\]\()(?P<target>[^)\s]+)(?P<after>\))")
# How an item of a numbered list goes on after a block of code.
_CONTINUED = re.compile(r"\A\n*(?: {3}\S.*\n)+")
_CODE = re.compile(r"^```[\s\S]*?^```|^(?: {4}.*\n?)+", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Takes the configuration; returns it with `folder/*` in the navigation as the folder's pages,
    by name, its README first."""
    config["nav"] = _spread(config["nav"])
    return config


def _spread(nav: Any) -> Any:
    if isinstance(nav, dict):
        entries = cast(dict[str, Any], nav)
        return {title: _spread(below) for title, below in entries.items()}
    if isinstance(nav, list):
        return [_spread(one) for one in cast(list[Any], nav)]
    if isinstance(nav, str) and nav.endswith("/*"):
        pages = sorted(
            (DOCS / nav[:-2]).glob("*.md"), key=lambda page: (page.stem != "README", page)
        )
        return [_uri(page) for page in pages]
    return nav


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Takes the files of `docs`; returns them with our scripts and with all that they link to
    outside, and what that links to. PluginError where a script was not fetched."""
    for uri, path in SCRIPTS.items():
        if not path.is_file():
            raise PluginError(f"{path.name} is not there: `make docs` fetches it, then builds.")
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    for path in _outside():
        uri = _uri(path)
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Takes a page's text; returns it with its links as they are in the site. A link to a folder
    without a page of its own becomes its words alone."""
    source = _source(page.file)
    here = Path(page.file.src_uri).parent

    def in_site(found: re.Match[str]) -> str:
        path, hash_, anchor = found["target"].partition("#")
        if re.match(r"\w+:", path) or not path:
            return found[0]
        target = _page_of((source.parent / path).resolve())
        if target is None:
            return found["text"]
        relative = os.path.relpath(_uri(target), here)
        return f"{found['before']}{relative}{hash_}{anchor}{found['after']}"

    return _beside_code(markdown, lambda text: _continued(_LINK.sub(in_site, text)))


def _beside_code(markdown: str, change: Callable[[str], str]) -> str:
    """The text changed, except in blocks of code."""
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(markdown):
        parts += [change(markdown[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, change(markdown[end:])])


def _continued(text: str) -> str:
    """What goes on with an item after a block of code is indented by three, and for MkDocs by four,
    with an empty line after it."""
    return _CONTINUED.sub(lambda found: re.sub(r"(?m)^ {3}", "    ", found[0]) + "\n", text)


def _outside() -> list[Path]:
    """The files outside `docs` that a page of the site links to, directly or through others."""
    found: set[Path] = set()
    # The README is no page of the site, whose first page is docs/index.md; what it leads to is.
    waiting = [ROOT / "README.md", *DOCS.rglob("*.md")]
    while waiting:
        page = waiting.pop()
        for target in _targets(page):
            if not target.is_relative_to(DOCS) and target not in found:
                found.add(target)
                waiting += [target] if target.suffix == ".md" else []
    return sorted(found)


def _targets(page: Path) -> Iterator[Path]:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for link in _LINK.finditer(text):
        path = link["target"].partition("#")[0]
        if path and not re.match(r"\w+:", path):
            target = _page_of((page.parent / path).resolve())
            if target is not None:
                yield target


def _page_of(path: Path) -> Path | None:
    """The file itself, or a folder's README; None for a folder without one."""
    if path.is_dir():
        readme = path / "README.md"
        return readme if readme.is_file() else None
    return path


def _uri(path: Path) -> str:
    """Where a file of the checkout stands in the site's sources."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    return f"{OUTSIDE}/{path.relative_to(ROOT).as_posix()}"


def _source(file: File) -> Path:
    """Where a file of the site stands in the checkout."""
    uri = Path(file.src_uri)
    if uri.parts[0] == OUTSIDE:
        return ROOT / uri.relative_to(OUTSIDE)
    return DOCS / uri
