"""The blocks of pages that no test runs as they stand, each with the reason."""

from __future__ import annotations

from pathlib import Path

from tests.docs.blocks import shell
from tests.docs.pages import ROOT

_DATA = "not a command: "
_MEASURES = "takes minutes, and says something of the machine: run by hand, on a quiet one"
_LONG = "takes long, and is a command with tests of its own: "

# By page, and by how the block begins.
NOT_RUN: dict[str, dict[str, str]] = {
    "CONTRIBUTING.md": {"make install": "installs, and runs all tests; CI does both"},
    "README.md": {"make demo": "installs, and runs all tests; tests/lfd/demo runs the demo"},
    "docs/adapter-security.md": {
        "senders:": _DATA + "a file, which the adapter of the test is started with",
    },
    "docs/architecture.md": {"state = f(": _DATA + "a formula"},
    "docs/backup.md": {
        # tests/backup takes all of them from the page, for a server that archives.
        "ALTER SYSTEM": "run by tests/backup",
        "pg_basebackup": "run by tests/backup",
        "restore_command": "run by tests/backup",
        "lfd redeliver": "run by tests/backup",
    },
    "docs/benchmarks.md": {
        "python -m benchmarks": _MEASURES,
        "yes ": "writes 760 MB; tests/lfd/convert converts a smaller file in the same way",
    },
    "docs/cluster.md": {
        "--database": _DATA + "an option",
        "--read-database": _DATA + "an option",
        "deployment/cluster/local": "needs Patroni and etcd; tests/cluster runs it where they are",
    },
    "docs/commands.md": {"feed.hl7, message 1": _DATA + "what a command prints"},
    "docs/conformance.md": {
        ".venv/bin/python -m conformance.run": _LONG + "tests/conformance",
        ".venv/bin/python -m conformance.package_build": _LONG + "tests/conformance",
    },
    "docs/faults.md": {".venv/bin/python -m tests.faults": _LONG + "tests/faults"},
    "docs/feeds.md": {
        "lfd organisation load": "needs the reader's own identity provider, as sign-in.md; parsed",
    },
    "docs/load-history.md": {"organisation,nhs_number": _DATA + "a file, which the test loads"},
    "docs/monitoring.md": {'{"at":': _DATA + "a line of the log"},
    "docs/national-feed.md": {
        "lfd registry --database postgresql://lfd@db/lfd --public-url": "needs the nation's own "
        "services; the same command is run against the stand-in",
        "lfd national subscribe": "needs the nation's own services; parsed",
    },
    "docs/operate.md": {
        "docker compose run": "needs a Docker engine; its `lfd` command is parsed",
    },
    "docs/scale.md": {"python -m benchmarks": _MEASURES},
    "docs/side-by-side.md": {
        ".venv/bin/python -m conformance.side_by_side": "needs Java, Maven and a download",
    },
    "docs/sign-in.md": {
        "lfd registry": "needs the reader's own identity provider; parsed, and the provider of "
        "tests/console stands in for it",
    },
    "docs/simulation.md": {"true  shown": _DATA + "what a command prints"},
    "docs/site-files.md": {
        "codes:": _DATA + "a site file, read by test_site_files",
        "z-segments:": _DATA + "a site file, read by test_site_files",
    },
    "docs/the-rule.md": {"state = f(": _DATA + "a formula"},
    "docs/tokens.md": {"own_tokens:": _DATA + "a file, read by test_examples"},
    "docs/upgrade.md": {"tests/upgrade/make_database": "needs a release, and there is none yet"},
    "mappings/README.md": {
        "FIELD -> path": _DATA + "a grammar",
        "FACT=value": _DATA + "a grammar",
        "organisations:": _DATA + "a site file, read by test_site_files",
    },
}


def reasons(page: Path) -> dict[str, str]:
    """Takes a page; returns how the blocks that no test runs begin, and why none does."""
    return NOT_RUN.get(str(page.relative_to(ROOT)), {})


def to_run(page: Path) -> list[str]:
    """Takes a page; returns its blocks in order, without those that have a reason not to run."""
    return [block for block in shell(page) if not block.lstrip().startswith(tuple(reasons(page)))]


def left_out(page: Path) -> list[str]:
    """Takes a page; returns the other blocks."""
    return [block for block in shell(page) if block.lstrip().startswith(tuple(reasons(page)))]
