"""How a command, or a group of commands, is told to argparse: with its help, its examples, and the
module that runs it."""

from __future__ import annotations

import argparse
from typing import Any, Protocol


class Commands(Protocol):
    """Where subcommands are added."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Adds one; returns its parser."""
        ...


def add_command(
    commands: Commands, name: str, module: str, summary: str, about: str, examples: str
) -> argparse.ArgumentParser:
    """Takes where to add it, its name, the module of `lfd` that runs it, a line for the list of
    commands, and what its help says before and after the options; returns its parser."""
    made = commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(module=f"lfd.{module}")
    return made


def add_group(commands: Commands, name: str, about: str) -> Commands:
    """Takes where to add it, its name and what it is about; returns where its commands are
    added."""
    group = commands.add_parser(name, help=about, description=about)
    return group.add_subparsers(title="commands", required=True, metavar="COMMAND")
