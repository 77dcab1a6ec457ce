"""What the registry holds and says: `lfd explain`, `held`, `return`, `forget` and `audit`."""

from __future__ import annotations

from pathlib import Path

from lfd.arguments_of import options
from lfd.arguments_of.declaring import Commands, add_command, add_group


def explain(commands: Commands) -> None:
    """Adds `lfd explain`."""
    explain = add_command(
        commands,
        "explain",
        "explain",
        "why the registry says what it says of a person",
        "Prints the facts held about a person, each with its message, and every conclusion with\n"
        "its rule and evidence. That is personal data.",
        "  lfd explain 9990000018\n  lfd explain 9990000018 --json",
    )
    explain.add_argument("number", metavar="NHS-NUMBER")
    explain.add_argument("--json", action="store_true", help="the same as data")
    options.where(explain)


def held(commands: Commands) -> None:
    """Adds `lfd held`."""
    held = add_command(
        commands,
        "held",
        "held",
        "the data-protection record: what is held, why, until when",
        "Prints what the registry holds, why, and until when: without a number in counts by\n"
        "source and reason; with one, every fact about that person, which is personal data.",
        "  lfd held\n  lfd held 9990000018\n  lfd held 9990000018 --json",
    )
    held.add_argument("number", metavar="NHS-NUMBER", nargs="?")
    held.add_argument("--json", action="store_true", help="the same as data")
    options.where(held)


def returned(commands: Commands) -> None:
    """Adds `lfd return`."""
    returned = add_command(
        commands,
        "return",
        "returns",
        "an organisation's quarterly return or Quality Account",
        "Prints one organisation's return on deaths in its care, as known now or as it was\n"
        "published: as a page (a file by itself, for screen and print), as CSV, or as a FHIR\n"
        "MeasureReport. The own version is exact and not for publication.",
        "  lfd return --organisation ZT1 --quarter 2026-27-Q1 > return.html\n"
        "  lfd return --organisation ZT1 --quarter 2026-27-Q1 --format csv\n"
        "  lfd return --organisation ZT1 --year 2026-27 --version public --published",
    )
    returned.add_argument("--organisation", metavar="ODS", required=True, help="whose return")
    period = returned.add_mutually_exclusive_group(required=True)
    period.add_argument(
        "--quarter", metavar="QUARTER", help="a quarter: 2026-27-Q1 is April to June 2026"
    )
    period.add_argument("--year", metavar="YEAR", help="a Quality Account's year, like 2026-27")
    returned.add_argument(
        "--version", choices=("own", "public"), default="own", help="default: %(default)s"
    )
    returned.add_argument(
        "--format", choices=("html", "csv", "json"), default="html", help="default: %(default)s"
    )
    returned.add_argument(
        "--published", action="store_true", help="as it was last published, not as known now"
    )
    options.where(returned)


def forget(commands: Commands) -> None:
    """Adds `lfd forget`."""
    forget = add_command(
        commands,
        "forget",
        "forget",
        "erase what is no longer needed of the living",
        "Erases what the registry no longer needs of living people, and counts it by source. A\n"
        "running registry does so by itself. `lfd held` says what is held, why, and until when.",
        "  lfd forget --dry-run\n  lfd forget --database postgresql://lfd@db/lfd",
    )
    forget.add_argument("--dry-run", action="store_true", help="only say what would go")
    options.where(forget)


def audit(commands: Commands) -> None:
    """Adds `lfd audit` and its commands."""
    actions = add_group(
        commands, "audit", "The record of who read or changed what in the registry."
    )
    verify = add_command(
        actions,
        "verify",
        "audit",
        "whether the record holds",
        "Checks every event of the audit record against its chain of hashes, and the chains\n"
        "against the anchors that were kept. Says OK, or where it was changed; exit code 2 then.",
        "  lfd audit verify\n  lfd audit verify --anchors /safe/anchors.txt",
    )
    verify.add_argument(
        "--anchors", metavar="FILE", type=Path, help="lines that `lfd audit anchor` printed"
    )
    verify.set_defaults(action="verify")
    options.where(verify)
    anchor = add_command(
        actions,
        "anchor",
        "audit",
        "what to keep elsewhere, to know later that nothing was cut off",
        "Prints the end of each month's chain: month, number of events, hash. Keep the lines\n"
        "where whoever can change the database cannot change them.",
        "  lfd audit anchor >> /safe/anchors.txt",
    )
    anchor.set_defaults(action="anchor")
    options.where(anchor)
