"""Somebody who reads the pages in a checkout, and pastes what stands there."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT
from tests.docs.session import Session, shell_in
from tests.end_to_end.exchange import Exchange

STARTED = ROOT / "docs" / "getting-started.md"
# Of what is in a checkout, the pages' commands need these.
_LINKED = ("lfd", "deployment")
_PROGRAMS = {"lfd": "-m lfd", "python": ""}


@dataclass
class Reader:
    """Somebody in a checkout, with `lfd up` in another terminal."""

    exchange: Exchange
    session: Session
    folder: Path

    def here(self, block: str) -> str:
        """Takes a block; returns it with the ports that this `lfd up` has."""
        here = block.replace("127.0.0.1:8080", self.exchange.http)
        return here.replace("127.0.0.1:2575", self.exchange.mllp)

    def follow(self, block: str) -> str:
        """Takes a block; returns what it printed, once all that was sent has arrived."""
        said = self.session.run(self.here(block))
        self.exchange.wait_settled()
        return said

    def try_out(self, block: str) -> str:
        """The same of a block whose commands may say by their exit code that something is wrong."""
        said = self.session.tried(self.here(block))
        self.exchange.wait_settled()
        return said


@contextmanager
def reading(folder: Path) -> Generator[Reader]:
    """Takes an empty folder; starts `lfd up` in it as the pages say, and ends it.

    Commands find `lfd` as `.venv/bin/lfd` and on the path, as in an installed checkout.
    """
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, module in _PROGRAMS.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        program.chmod(0o755)
    for name in _LINKED:
        (folder / name).symlink_to(ROOT / name)
    # As docs/simulation.md starts it: years that were invented long ago are not forgotten.
    exchange = Exchange(folder / "lfd-data", options=["--forget-allowance-days", "36500"])
    exchange.start()
    sources = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    with shell_in(folder, BASE=exchange.url, PYTHONPATH=sources, PATH=path) as session:
        yield Reader(exchange, session, folder)
    assert exchange.stop() == 0, exchange.log()
