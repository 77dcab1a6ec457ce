"""The log of a process: to standard error, as text or as JSON lines, and never about a person.

Our own messages name kinds and places, never values. What others log may hold addresses with NHS
numbers in them, so of libraries only warnings are taken, and of an exception only its type and
place: its text may quote what it failed on.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

import orjson

from registry.request_id import REQUEST_ID

OURS = ("adapter", "console", "lfd", "postgres", "registry", "tracing")
_FRAMES = 4


def configure(log_format: str, level: str) -> None:
    """Takes `text` or `json`, and `info` or `warning` for our own messages; has the process's log
    written so from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    root = logging.getLogger()
    for before in root.handlers[:]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


class TextLines(logging.Formatter):
    """One line for people: when, how bad, who, what, and the request it was about."""

    def format(self, record: logging.LogRecord) -> str:
        """Takes a record; returns its line."""
        request_id, error = REQUEST_ID.get(), _error(record)
        parts = [_at(record), record.levelname, f"{record.name}:", _message(record)]
        parts += [f"error={error[0]} at={error[1]}"] if error else []
        parts += [f"request_id={request_id}"] if request_id else []
        return " ".join(parts)


class JsonLines(logging.Formatter):
    """One JSON object for programs: at, level, logger, message; request_id, error and place where
    there are any."""

    def format(self, record: logging.LogRecord) -> str:
        """Takes a record; returns its line."""
        line = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        if error := _error(record):
            line["error"], line["place"] = error
        return orjson.dumps(line).decode()


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord) -> str:
    """On one line: whoever could end a line could write one of their own."""
    return " ".join(record.getMessage().split())


def _error(record: logging.LogRecord) -> tuple[str, str] | None:
    if not record.exc_info or record.exc_info[0] is None:
        return None
    kind, _, trace = record.exc_info
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    place = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))
    return kind.__name__, place or "unknown"
