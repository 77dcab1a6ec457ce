"""`python -m tests.fuzz.mllp [SECONDS]`: fuzzes that target with atheris."""

from __future__ import annotations

import sys

from tests.fuzz.run import run

if __name__ == "__main__":
    run("mllp", sys.argv[1:])
