"""The demo's registry: `lfd registry` with the local sign-in, which that command never has."""

from __future__ import annotations

from argparse import Namespace

from lfd import registry
from lfd.console import running_local_console


def run(chosen: Namespace) -> int:
    """Takes the command's options; serves until told to stop."""
    return registry.serve(chosen, running_local_console)
