"""`lfd doctor`: whether all that a process needs is there and well, and what to do where not."""

from __future__ import annotations

from argparse import Namespace

__all__ = ["run"]


def run(chosen: Namespace) -> int:
    """Takes the command's options; prints what was found. Returns the exit code: 1 where something
    fails. Failure: the command to examine is not one of those that can be."""
    # Not at the top: the checks import what each process is made of.
    from lfd.doctor import examining

    return examining.run(chosen)
