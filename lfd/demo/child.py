"""Runs one `lfd` command for the demo, and stops it when the demo is gone, however it ended.

The demo holds the other end of standard input and never writes: its end is the end of the demo.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from lfd import command

STANDARD_INPUT = 0
INSTEAD = {"lfd.registry": "lfd.demo.registry"}


def main() -> int:
    """Takes the words after `lfd` from the command line; returns the command's exit code."""
    stopping_with_parent()
    return command.main(sys.argv[1:], INSTEAD)


def stopping_with_parent() -> None:
    """Has this process told to stop as soon as the demo is gone."""
    threading.Thread(target=_stop_with_parent, daemon=True).start()


def _stop_with_parent() -> None:
    while os.read(STANDARD_INPUT, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
