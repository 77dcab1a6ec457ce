"""All that the screen shows, gathered before any of it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from lfd.demo.nation import Told
from lfd.demo.participants import Participants
from lfd.demo.people import Person
from lfd.demo.sending import Sent
from lfd.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Seen:
    """Where everything runs, who may ask, what was sent, what the nation told, the people and the
    names of organisations as the registry knows them, and the practice's token."""

    stage: Stage
    participants: Participants
    sent: list[Sent]
    told: list[Told]
    people: list[Person]
    names: dict[str, str]
    token: str
