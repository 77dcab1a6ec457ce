"""`lfd demo`: fictional trusts, a story of ADT messages, and a screen of what comes of it."""

from __future__ import annotations

from argparse import Namespace

__all__ = ["run"]


def run(chosen: Namespace) -> int:
    """Takes the command's options; plays the story and shows the screen. Returns the exit code.

    Raises Failure where something does not start, is not accepted or does not answer.
    """
    # Not at the top: each child process passes through this package, and needs none of it.
    from lfd.demo import play

    return play.run(chosen)
