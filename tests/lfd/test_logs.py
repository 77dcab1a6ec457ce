"""The log: one line a record, as text or JSON, and nothing of what an exception quotes."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from uuid import uuid4

from lfd.logs import JsonLines, TextLines
from registry.request_id import REQUEST_ID

SECRET = "9990000018"


def record(text: str, *values: object, failed: bool = False) -> logging.LogRecord:
    error = None
    if failed:
        try:
            raise ValueError(f"invalid number {SECRET}")
        except ValueError:
            error = sys.exc_info()
    return logging.LogRecord("registry.api", logging.WARNING, "f.py", 1, text, values, error)


def test_a_line_of_json_has_its_parts() -> None:
    line = json.loads(JsonLines().format(record("state=%s waits=%d", "received", 3)))
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "registry.api",
        "message": "state=received waits=3",
    }


def test_the_request_it_is_about_is_named() -> None:
    request_id = str(uuid4())
    token = REQUEST_ID.set(request_id)
    try:
        assert json.loads(JsonLines().format(record("x")))["request_id"] == request_id
        assert TextLines().format(record("x")).endswith(f"request_id={request_id}")
    finally:
        REQUEST_ID.reset(token)
    assert "request_id" not in JsonLines().format(record("x"))


def test_of_an_exception_only_its_type_and_place_are_written() -> None:
    for made in (JsonLines(), TextLines()):
        line = made.format(record("it failed", failed=True))
        assert SECRET not in line
        assert "ValueError" in line and "test_logs.py:" in line


def test_nobody_can_write_a_line_of_their_own() -> None:
    for made in (JsonLines(), TextLines()):
        assert "\n" not in made.format(record("it said %s", "a\nb\r\nERROR forged"))


def test_libraries_are_heard_when_they_warn_and_ours_as_was_asked() -> None:
    code = (
        "import logging; from lfd.logs import configure; configure('json', 'info');"
        f"logging.getLogger('httpx').info('GET https://x/Patient/{SECRET}');"
        "logging.getLogger('registry.api').info('ours');"
        "logging.getLogger('registry.api').debug('chatter');"
        "logging.getLogger('uvicorn.error').warning('theirs')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = [json.loads(line)["message"] for line in done.stderr.splitlines()]
    assert said == ["ours", "theirs"]
