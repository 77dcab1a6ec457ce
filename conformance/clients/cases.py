"""How a client's program is told what to work on, and says how each case went: a line of JSON
each. The programs in JavaScript do the same (javascript/cases.mjs)."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one program works on: the registry, a token and a signed assertion of one client, two
    people with a review each that is proposed to the client's organisation, and a concern."""

    base: str
    token: str
    assertion: str
    client_id: str
    organisation: str
    nhs_number_system: str
    first: str
    second: str
    concern: Resource

    def person(self, number: str) -> str:
        """Takes an NHS number; returns it as a token of a search."""
        return f"{self.nhs_number_system}|{number}"

    def numbered(self, number: str) -> Resource:
        """Takes the client's own number; returns the concern under it."""
        identifier = {"system": f"https://{self.organisation.lower()}.example/concerns"}
        return {**self.concern, "identifier": [{**identifier, "value": number}]}


def assignment() -> Assignment:
    """Returns the assignment in the file that the command line names."""
    return Assignment(**json.loads(Path(sys.argv[1]).read_text()))


class Case(Protocol):
    """One case; its docstring names it. It raises where the client or the registry does not do
    what it should."""

    __doc__: str | None

    def __call__(self) -> None: ...


def run(cases: Sequence[Case]) -> None:
    """Takes the cases, in order; does each and prints how it went."""
    for case in cases:
        said: Resource = {"case": (case.__doc__ or "").strip().rstrip(".")}
        try:
            case()
        except Exception as error:
            traceback.print_exc()
            said["failed"] = f"{type(error).__name__}: {error}"[:2000]
        print(json.dumps(said), flush=True)


def require(is_so: object, what: object) -> None:
    """Takes whether something is as it should be, and what it is; raises where it is not."""
    if not is_so:
        raise AssertionError(what)
