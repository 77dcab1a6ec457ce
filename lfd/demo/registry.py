"""The demo's registry: `lfd registry` with the local sign-in, which that command never has."""

from __future__ import annotations

from argparse import Namespace
from functools import partial

from lfd import registry
from lfd.console import running_local_console
from lfd.demo.feeds import FeedOfEach
from lfd.demo.participants import TRUSTS
from lfd.demo.stage import adapter_database


def run(chosen: Namespace) -> int:
    """Takes the command's options; serves until told to stop."""
    names = {trust: adapter_database(trust) for trust in TRUSTS}
    feeds = FeedOfEach.on_server(chosen.database, names)
    return registry.serve(chosen, partial(running_local_console, inbox=feeds))
