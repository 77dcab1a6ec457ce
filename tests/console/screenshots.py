"""`python -m tests.console.screenshots [FOLDER]`: takes the pictures of docs/console.md, of
invented people, with a real Chromium and a database of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from playwright.sync_api import Page

from adapter.database import prepare
from adapter.integration import Integration
from postgres.embedded import acquire, ensure_database
from postgres.migrate import migrate
from registry.directory.organisation import Organisation
from tests.console.feed_filled import fill_traffic, keep
from tests.console.filled import ADA, BRAM, DEV, FilledConsole, filled_console
from tests.console.looking import chromium_path, running_chromium
from tests.console.subscribed import every_state

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DIRECTORY = (
    Organisation("QX1", "Moor and Vale Integrated Care Board", "icb"),
    Organisation("RT1", "Northmoor Hospitals", "acute", "QX1"),
    Organisation("RT2", "Eastvale Hospital", "acute", "QX1"),
    Organisation("RME", "Northmoor Medical Examiner Office", "medical-examiner", "QX1"),
    Organisation("P81001", "Mill Lane Surgery", "gp", "QX1"),
)
WIDTH, HEIGHT, MOST_BYTES = 960, 1000, 150_000


@contextmanager
def console() -> Generator[FilledConsole]:
    """Gives a console of its own."""
    with TemporaryDirectory() as folder, acquire(Path(folder)) as lease:
        ensure_database(lease.server, "pictures")
        url = lease.server.url("pictures")
        with psycopg.connect(url) as connection:
            migrate(connection, "registry", files("registry") / "schema")
        prepare(url)
        fill_traffic(url)
        for _ in range(2):
            keep(url, "P", pid3="", name="EXAMPLE^ROBIN")
        every_state(url)
        with filled_console(url, Integration(url), directory=DIRECTORY) as made:
            yield made


def take(page: Page, served: FilledConsole, folder: Path) -> None:
    """Goes through the pages and takes their pictures."""

    def picture(name: str, part: str | None = None) -> None:
        path = folder / f"console-{name}.png"
        if part is None:
            page.screenshot(path=path)
        else:
            page.locator(part).screenshot(path=path)
        size = path.stat().st_size
        assert size < MOST_BYTES, f"{path.name}: {size} bytes"
        print(f"{path.name}: {size} bytes")

    page.goto(served.url)
    page.get_by_role("button", name="Northmoor Hospitals (RT1)").click()
    page.get_by_role("listitem").filter(has_text=BRAM.name).get_by_role(
        "button", name="Accept the lead"
    ).click()
    page.get_by_role("link", name="Today").click()
    picture("today")
    page.get_by_role("link", name=ADA.name).click()
    page.get_by_role("button", name="Accept the lead").click()
    page.get_by_role("link", name="Name the family’s point of contact").click()
    page.get_by_label("Who speaks with the family?").fill("Sam Example, family liaison")
    page.get_by_role("button", name="Save the contact").click()
    page.goto(page.url.partition("?")[0])
    picture("case")
    picture("timeline", "section[aria-labelledby=timeline]")
    page.get_by_role("link", name="Explain everything that is said here").click()
    picture("why")
    page.go_back()
    page.get_by_role("link", name="Put on hold").click()
    page.get_by_role("button", name="Put on hold").click()
    picture("step")
    page.get_by_role("link", name="Find a person").click()
    page.get_by_label("NHS number or case number").fill(DEV.number)
    page.get_by_role("button", name="Find", exact=True).click()
    picture("find")
    _more(page, picture)


def _more(page: Page, picture: Callable[..., None]) -> None:
    """The pages that are about more than one case."""
    page.get_by_role("link", name="Worklist").click()
    picture("worklist")
    _cohort(page)
    picture("cohort")
    page.get_by_role("link", name="Returns").click()
    page.get_by_label("Quarter or year").select_option("2026-27-Q3")
    page.get_by_role("button", name="Show it").click()
    picture("returns")
    page.get_by_role("link", name="Feeds").click()
    page.get_by_role("heading", name="Feeds and senders").wait_for()
    picture("feeds")
    page.locator("#subscriptions").evaluate("one => one.scrollIntoView()")
    picture("subscriptions")
    page.get_by_role("link", name="Message 1", exact=True).click()
    picture("message", ".feed-segments")
    page.goto(page.url.partition("/feeds")[0] + "/feeds/site-file")
    page.get_by_label("The whole site file (YAML)").fill("nhs-number-in-pid-2: always\n")
    page.get_by_role("button", name="See what it would change").click()
    picture("site-file")


def _cohort(page: Page) -> None:
    """A cohort of one's own, a sample, with an export."""
    page.get_by_role("link", name="Cohorts").click()
    page.get_by_role("link", name="Propose a cohort").click()
    page.get_by_label("Name of the cohort").fill("November, our own sample")
    page.get_by_label("Month in which people died").select_option("November 2026")
    page.get_by_label("A number of them").check()
    page.get_by_label("If a number").fill("3")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Propose it").click()
    page.get_by_role("button", name="Make an export").click()
    page.get_by_role("link", name="Patient", exact=True).wait_for()
    page.goto(page.url.partition("?")[0])
    page.evaluate("window.scrollTo(0, 0)")


def main(arguments: list[str]) -> int:
    """Takes the folder for the pictures (none: docs/pictures); returns the exit code."""
    path = chromium_path()
    if path is None:
        print("Chromium is needed, and is not on this machine", file=sys.stderr)
        return 1
    folder = Path(arguments[0]) if arguments else FOLDER
    with console() as served, running_chromium(path) as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        take(page, served, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
