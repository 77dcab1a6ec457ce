"""The versions of what runs here."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from lfd.doctor.finding import Finding, fail, ok

DISTRIBUTION = "learning-from-deaths-exchange"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def versions() -> Iterator[Finding]:
    """Gives our version and Python's, and what should be installed beside them and is not."""
    try:
        ours = version(DISTRIBUTION)
    except PackageNotFoundError:
        advice = "Install the wheel, or `pip install -e .` in the checkout"
        yield fail("versions", f"{DISTRIBUTION} is not installed", advice)
        return
    yield ok("versions", f"{DISTRIBUTION} {ours}, Python {platform.python_version()}")
    if missing := [name for name in _needed() if not _is_installed(name)]:
        advice = "Install with requirements/run.lock"
        yield fail("versions", f"not installed: {', '.join(missing)}", advice)


def _needed() -> Iterator[str]:
    for line in requires(DISTRIBUTION) or []:
        # What stands behind a semicolon is for some systems or extras only.
        if ";" not in line and (name := _NAME.match(line)):
            yield name[0]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
