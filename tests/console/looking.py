"""Looking at pages in a real browser: with axe, for the width, and for what the browser blocks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.console.filled import FilledConsole

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EXPECTED = ("Failed to load resource", "[DOM]")
"""What a browser may say: that a page of an error is one, and hints on the provider's own forms."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """Where Chromium is, None where it is not on this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def running_chromium(path: str) -> Generator[Browser]:
    """Takes where Chromium is; gives it, running."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if os.getuid() == 0 else []
        )
        yield browser
        browser.close()


class Look:
    """Looks at pages as they are opened: with axe, for the width, and for what the browser blocks.
    Keeps pictures where SCREENSHOTS names a folder."""

    def __init__(self, page: Page, axe: str) -> None:
        self.page = page
        self._axe = axe
        self._complaints: list[str] = []
        page.on("console", lambda one: self._complaints.append(one.text))
        page.on("pageerror", lambda one: self._complaints.append(str(one)))

    def at(self, heading: str) -> None:
        """The page has this heading, and nothing is wrong with it."""
        expect(self.page.locator("h1")).to_have_text(heading)
        self.page.wait_for_load_state()
        self._keep(heading)
        self.page.evaluate(self._axe)
        found: dict[str, Any] = self.page.evaluate("rules => axe.run({runOnly: rules})", RULES)
        said = [(one["id"], [n["html"] for n in one["nodes"]]) for one in found["violations"]]
        assert said == []
        assert len(found["passes"]) > 10
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        assert width == self.page.viewport_size["width"]  # pyright: ignore[reportOptionalSubscript]
        assert [one for one in self._complaints if not one.startswith(EXPECTED)] == []

    def at_error(self, heading: str) -> None:
        """The page has this heading again, says in its title that something is wrong with what was
        sent, and nothing is wrong with the page."""
        expect(self.page).to_have_title(re.compile("^Error: "))
        self.at(heading)

    def narrow(self) -> None:
        """A phone's width is enough for what is shown."""
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": 320, "height": size["height"]})
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        self._keep(" ".join(self.page.locator("h1").inner_text().split()))
        self.page.set_viewport_size(size)
        assert width == 320

    def _keep(self, heading: str) -> None:
        folder, size = os.environ.get("SCREENSHOTS"), self.page.viewport_size
        if folder and size:
            name = f"{heading.lower().replace(' ', '-').strip('?')}-{size['width']}.png"
            self.page.screenshot(path=Path(folder) / name, full_page=True)


def sign_in(page: Page, console: FilledConsole, path: str, name: str = "Trust One (RT1)") -> None:
    """Goes to a page as one of the local provider's people."""
    page.goto(f"{console.url}{path}")
    page.get_by_role("button", name=name).click()


def press_until(page: Page, key: str, name: str) -> None:
    """Moves the focus by one key until it is on what has this text; it must be visible there."""
    for _ in range(40):
        page.keyboard.press(key)
        focused = page.locator(":focus")
        if focused.count() and name in focused.evaluate(
            "one => (one.textContent || (one.labels && one.labels[0].textContent) || '')"
            ".replace(/\\s+/g, ' ')"
        ):
            assert focused.is_visible()
            return
    raise AssertionError(f"{name} cannot be reached with {key}")
