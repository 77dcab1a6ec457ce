"""An explanation as the page shows it: conclusions by what they are about, and messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from console.wording import moment

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Concluded:
    """Something that follows: by which rule, and what it rests on."""

    about: str
    rule: str
    sentence: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one message said."""

    source: str
    message: str
    trigger: str
    recorded: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """Conclusions in order, and the messages."""

    conclusions: tuple[Concluded, ...]
    facts: tuple[Told, ...]


def read_explanation(parameters: Resource) -> Explained:
    """Takes the Parameters of `Patient/{id}/$explain`; returns them for the page."""
    return Explained(tuple(_conclusions(parameters)), tuple(_facts(parameters)))


def _conclusions(parameters: Resource) -> Iterator[Concluded]:
    for said in _named(parameters, "conclusion"):
        about = said["about"][0]
        yield Concluded(
            about[0].upper() + about[1:],
            said["rule"][0],
            said["sentence"][0],
            tuple(said.get("because", ())),
        )


def _facts(parameters: Resource) -> Iterator[Told]:
    for said in _named(parameters, "fact"):
        yield Told(
            said["source"][0],
            next(iter(said.get("message", ())), "without control id"),
            said["trigger"][0],
            moment(next(iter(said.get("recorded", ())), None)),
            tuple(said.get("says", ())),
        )


def _named(parameters: Resource, name: str) -> Iterator[dict[str, list[str]]]:
    for one in parameters.get("parameter", []):
        if one["name"] == name:
            found: dict[str, list[str]] = {}
            for part in one["part"]:
                value = part.get("valueString") or part.get("valueDateTime", "")
                found.setdefault(part["name"], []).append(value)
            yield found
