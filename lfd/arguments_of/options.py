"""Options that several commands take: where the database is, where to listen, whose messages."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfd.arguments_of.values import connection_string
from lfd.endpoint import Endpoint, endpoint

DEFAULT_DATA = Path("lfd-data")


def data(command: argparse.ArgumentParser, what: str) -> None:
    """Adds --data; `what` says what is in the directory."""
    command.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help=f"{what}; default: %(default)s",
    )


def where(command: argparse.ArgumentParser) -> None:
    """Adds --data and --database, of which one may be given: where a database is that there is."""
    place = command.add_mutually_exclusive_group()
    place.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help="the directory that `lfd up` was given; default: %(default)s",
    )
    place.add_argument(
        "--database",
        metavar="URL",
        type=connection_string,
        help="a PostgreSQL database instead",
    )


def database(command: argparse.ArgumentParser) -> None:
    """Adds --database, which must be given."""
    command.add_argument(
        "--database",
        metavar="URL",
        type=connection_string,
        required=True,
        help="postgresql://USER@HOST/NAME",
    )


def http(command: argparse.ArgumentParser) -> None:
    """Adds --http."""
    command.add_argument(
        "--http",
        metavar="HOST:PORT",
        type=endpoint,
        default=Endpoint("127.0.0.1", 8080),
        help="where to serve HTTP; default: %(default)s",
    )


def mllp(command: argparse.ArgumentParser) -> None:
    """Adds --mllp."""
    command.add_argument(
        "--mllp",
        metavar="HOST:PORT",
        type=endpoint,
        default=Endpoint("127.0.0.1", 2575),
        help="where to listen for MLLP; default: %(default)s",
    )


def sender(command: argparse.ArgumentParser) -> None:
    """Adds --organisation: of one sender only."""
    command.add_argument(
        "--organisation",
        metavar="ODS",
        help="take messages of this sender only; without it MSH-4 names the sending organisation",
    )


def site_file(command: argparse.ArgumentParser) -> None:
    """Adds --site."""
    command.add_argument(
        "--site",
        metavar="FILE",
        type=Path,
        help="the sender's site file (YAML): how it departs from the defaults",
    )
