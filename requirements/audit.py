"""Asks for known vulnerabilities in what lock files pin, and never says "none" without an answer.

    python requirements/audit.py requirements/run.lock requirements/dev.lock

Exit code 0: the database was asked and knows of none. 1: it knows of some. 3: it was not reached or
gave no answer, so nothing is known. Needs pip-audit; nothing is installed or downloaded.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NONE_KNOWN, SOME_KNOWN, NOT_CHECKED = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Known:
    """One known vulnerability of one pinned package."""

    package: str
    version: str
    id: str
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        remedy = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fixed version"
        return f"{self.package} {self.version}: {self.id} ({remedy})"


def known(answer: str) -> tuple[int, list[Known]]:
    """Takes pip-audit's JSON; returns how many packages were checked, and what is known of them.
    ValueError: it is no complete answer."""
    dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    if not dependencies or any("skip_reason" in one for one in dependencies):
        raise ValueError("not every package was checked")
    found = {
        Known(
            one["name"], one["version"], vulnerability["id"], tuple(vulnerability["fix_versions"])
        )
        for one in dependencies
        for vulnerability in one["vulns"]
    }
    return len({one["name"] for one in dependencies}), sorted(found, key=str)


def main(words: Sequence[str] | None = None) -> int:
    """Takes the words of the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locks", metavar="LOCK", type=Path, nargs="+")
    parser.add_argument("--osv-url", metavar="URL", help="another address of the OSV query API")
    chosen = parser.parse_args(words)
    # The hashes make installing needless: what is pinned is all there is.
    asked = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"]
    asked += ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    asked += [f"--osv-url={chosen.osv_url}"] if chosen.osv_url else []
    for lock in chosen.locks:
        asked += ["--requirement", str(lock)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    try:
        count, found = known(done.stdout)
    except (ValueError, KeyError, TypeError):
        said = [line for line in done.stderr.splitlines() if line.strip()]
        print("NOT CHECKED: the vulnerability database gave no answer.", file=sys.stderr)
        print(f"  {said[-1] if said else 'pip-audit said nothing'}", file=sys.stderr)
        print("  Nothing is known about these versions. Try again with access.", file=sys.stderr)
        return NOT_CHECKED
    for one in found:
        print(one)
    print(f"{count} packages checked, {len(found)} known vulnerabilities")
    return SOME_KNOWN if found else NONE_KNOWN


if __name__ == "__main__":
    sys.exit(main())
