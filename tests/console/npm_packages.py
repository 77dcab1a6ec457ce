"""What the tests take from npm, at exact versions, installed once into pytest's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "npm"
FILES = ("package.json", "package-lock.json", "provider.mjs")


def installed(cache: pytest.Cache) -> Path:
    """The folder with node_modules and our own scripts; skips where there is no Node or npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are needed for this, and are not on this machine")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    folder = cache.mkdir(f"console-npm-{digest[:16]}")
    with (folder / "lock").open("w") as lock:
        # Another process of the same test run may be installing it just now.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(npm, folder)
            (folder / "complete").touch()
    return folder


def _install(npm: str, folder: Path) -> None:
    for name in FILES:
        shutil.copy(HERE / name, folder / name)
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip("npm could not install what the tests need: is there a network?")
    assert done.returncode == 0, done.stderr
