"""`lfd doctor`: its own options, before those of the command it examines."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfd.arguments_of.declaring import Commands, add_command
from lfd.arguments_of.values import count


def doctor(commands: Commands) -> None:
    """Adds `lfd doctor`."""
    doctor = add_command(
        commands,
        "doctor",
        "doctor",
        "whether all that a process needs is there and well, and what to do",
        "Takes `registry`, `adapter`, `feeds` or `up` as they are started, with their options,\n"
        "environment and settings file, and checks what they would need without starting or\n"
        "changing anything: settings, files and keys, certificates' expiry, database, schema,\n"
        "roles, standbys, clocks, addresses, disk space, backups. Prints a line each: OK, WARN or\n"
        "FAIL, and what to do. Exit code 0 if nothing fails, else 1. Its own options stand before\n"
        "the command.",
        "  lfd doctor registry --config /etc/lfd/lfd.toml\n"
        "  lfd doctor --json --backups /srv/backups adapter --config /etc/lfd/lfd.toml",
    )
    doctor.add_argument("--json", action="store_true", help="one JSON line for each check")
    doctor.add_argument(
        "--backups", metavar="DIR", type=Path, help="check that backups come to this directory"
    )
    doctor.add_argument(
        "--backup-hours",
        metavar="HOURS",
        type=count,
        default=26,
        help="how old the newest may be; default: %(default)s",
    )
    doctor.add_argument(
        "--expiry-days",
        metavar="DAYS",
        type=count,
        default=30,
        help="warn of certificates that end within so many days; default: %(default)s",
    )
    doctor.add_argument(
        "started",
        metavar="COMMAND ...",
        nargs=argparse.REMAINDER,
        help="registry, adapter, feeds or up, with its options",
    )
