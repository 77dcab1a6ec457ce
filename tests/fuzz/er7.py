"""`python -m tests.fuzz.er7 [SECONDS]`: fuzzes that target with atheris."""

from __future__ import annotations

import sys

from tests.fuzz.run import run

if __name__ == "__main__":
    run("er7", sys.argv[1:])
