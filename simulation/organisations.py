"""The organisations of a synthetic area: invented names, and codes that ODS has not given out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

ACUTE, COMMUNITY, MENTAL_HEALTH, PRACTICE, BOARD = (
    "acute",
    "community",
    "mental-health",
    "gp",
    "icb",
)
MOST_TRUSTS, MOST_PRACTICES = 30, 9_999

_PLACES = (
    *("Alderholt", "Brackwater", "Carrowby", "Dunmere", "Elsingford", "Farrowden", "Greyling"),
    *("Harthope", "Inglemoor", "Jarrowfield", "Kelsbourne", "Larkhythe", "Merriden", "Norchester"),
    *("Oakhaven", "Pendlewick", "Quarley", "Ravensby", "Stonemarch", "Thornleigh", "Umberfold"),
    *("Vexhall", "Wychbourne", "Yarrowdale", "Zealham", "Ambermere", "Birchover", "Coldwell"),
    *("Dovestead", "Eastmarsh"),
)
_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation: its code, its name, its type as the directory knows it, its parent."""

    ods: str
    name: str
    kind: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """The organisations that look after the people of one integrated care board."""

    board: Organisation
    acute: tuple[Organisation, ...]
    community: Organisation
    mental_health: Organisation
    practices: tuple[Organisation, ...]

    @property
    def all(self) -> Iterator[Organisation]:
        """Every organisation, the board first."""
        yield self.board
        yield from self.acute
        yield self.community
        yield self.mental_health
        yield from self.practices


def area(trusts: int, practices: int) -> Area:
    """Takes how many acute trusts and practices there are; returns the area, with one community
    trust and one mental-health trust. ValueError beyond what codes can be made for."""
    if not 1 <= trusts <= MOST_TRUSTS:
        raise ValueError(f"an area has 1 to {MOST_TRUSTS} acute trusts")
    if not 1 <= practices <= MOST_PRACTICES:
        raise ValueError(f"an area has 1 to {MOST_PRACTICES} practices")
    board = Organisation("ZQ1", "Simulated Area Integrated Care Board", BOARD)
    return Area(
        board=board,
        acute=tuple(
            Organisation(f"ZA{_SIGNS[n]}", f"{_PLACES[n - 1]} Hospitals", ACUTE, board.ods)
            for n in range(1, trusts + 1)
        ),
        community=Organisation("ZC1", "Simulated Area Community Care", COMMUNITY, board.ods),
        mental_health=Organisation(
            "ZM1", "Simulated Area Mental Health Partnership", MENTAL_HEALTH, board.ods
        ),
        practices=tuple(
            Organisation(f"Z8{n:04}", f"{_PLACES[n % len(_PLACES)]} Surgery", PRACTICE, board.ods)
            for n in range(1, practices + 1)
        ),
    )


def directory(of: Area) -> str:
    """Takes an area; returns it as the CSV that `lfd organisation load` takes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["ods", "name", "type", "parent", "succeeded_by", "succeeded_on"])
    for organisation in of.all:
        rows.writerow([organisation.ods, organisation.name, organisation.kind, organisation.parent])
    return text.getvalue()
