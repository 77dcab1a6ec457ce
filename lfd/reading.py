"""Reading the files a command names, with errors a person can act on."""

from __future__ import annotations

import sys
from pathlib import Path

from lfd.failure import Failure


def read_bytes(path: Path | str) -> bytes:
    """Takes a path, or `-` for standard input; returns the bytes. Failure where it cannot."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or 'cannot be read'}") from error


def read_text(path: Path) -> str:
    """Takes a path; returns its text (UTF-8). Failure where it cannot."""
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise Failure(f"{path}: not a text file") from error
