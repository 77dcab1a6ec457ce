"""`lfd simulate`: a synthetic area, and how much of it a registry has found."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from lfd.arguments_of.declaring import Commands, add_command, add_group
from lfd.arguments_of.values import count, day


def simulate(commands: Commands) -> None:
    """Adds `lfd simulate` and its commands."""
    actions = add_group(
        commands,
        "simulate",
        "Synthetic areas: invented people, their trusts' messages, and the truth beside them.",
    )
    generate = add_command(
        actions,
        "generate",
        "simulate",
        "years of ADT messages of a synthetic area",
        "Writes the messages of each trust in sending order, late, repeated, cancelled, merged\n"
        "and wrong ones among them; the directory of organisations; and what is true. The same\n"
        "options give the same bytes.",
        "  lfd simulate generate --out area\n"
        "  lfd simulate generate --out area --seed 7 --trusts 4 --practices 30 --people 50000\n"
        "  lfd simulate generate --out area --people 300 --rates dense",
    )
    _simulated(generate, practices=12)
    generate.add_argument(
        "--trusts",
        metavar="N",
        type=count,
        default=3,
        help="acute trusts, beside one community and one mental-health trust; default: %(default)s",
    )
    generate.add_argument(
        "--people",
        metavar="N",
        type=count,
        default=10_000,
        help="how many live there; default: %(default)s",
    )
    generate.add_argument(
        "--years",
        metavar="N",
        type=count,
        default=2,
        help="how many years of messages; default: %(default)s",
    )
    generate.add_argument(
        "--start", metavar="DATE", type=day, default=date(2024, 1, 1), help="first day"
    )
    generate.add_argument(
        "--rates",
        choices=("national", "dense"),
        default="national",
        help="as in England, or rare things often; default: %(default)s",
    )
    cohort = add_command(
        actions,
        "founding-cohort",
        "simulate",
        "a month's deaths as the founding trust counted them",
        "400 deaths in a month, 72 % in hospital and 28 % within 30 days of discharge, across an\n"
        "acute trust, a community trust and primary care.",
        "  lfd simulate founding-cohort --out cohort",
    )
    _simulated(cohort, practices=30)
    cohort.add_argument(
        "--month",
        metavar="DATE",
        type=day,
        default=date(2026, 1, 1),
        help="a day of the month; default: %(default)s",
    )
    score = add_command(
        actions,
        "score",
        "simulate",
        "how much of a simulated area a registry has found",
        "Asks a registry that was sent the messages, as a client of the area's ICB, and prints a\n"
        "table of recall and precision, and a line for whatever was missed or found wrongly.\n"
        "Exit code 1 where the messages do not explain it.",
        "  lfd simulate score --truth area/truth.jsonl --url http://127.0.0.1:8080 \\\n"
        "      --client area --key area.pem",
    )
    score.add_argument(
        "--truth", metavar="FILE", type=Path, required=True, help="what `generate` wrote"
    )
    score.add_argument("--url", metavar="BASE", required=True, help="the registry's address")
    score.add_argument("--client", metavar="ID", required=True, help="a client with the role icb")
    score.add_argument("--key", metavar="FILE", type=Path, required=True, help="private key (PEM)")
    for name, action in (("generate", generate), ("founding-cohort", cohort), ("score", score)):
        action.set_defaults(action=name)


def _simulated(command: argparse.ArgumentParser, practices: int) -> None:
    command.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="where the files are written"
    )
    command.add_argument(
        "--seed", metavar="N", type=int, default=1, help="another gives another area"
    )
    command.add_argument(
        "--practices",
        metavar="N",
        type=count,
        default=practices,
        help="GP practices; default: %(default)s",
    )
