"""Simulates a plan: everybody's messages, in the order in which each sender sends them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time

from simulation.dice import Dice
from simulation.life import Fate
from simulation.living import Living
from simulation.message import Message
from simulation.people import People, Person
from simulation.plan import Plan
from simulation.story import Story
from simulation.truth import Truth, truth


@dataclass(frozen=True, slots=True)
class Simulated:
    """The messages of each sender (ODS code) in sending order, and the truth about each person."""

    plan: Plan
    messages: dict[str, list[Message]]
    truths: list[Truth]

    @property
    def in_sending_order(self) -> list[Message]:
        """All messages of the area as they are sent."""
        every = (message for messages in self.messages.values() for message in messages)
        return sorted(every, key=_sent)


def simulate(plan: Plan, seed: int) -> Simulated:
    """Takes a plan and a seed; returns what comes of it, always the same for the same two."""
    people = People(seed, plan.area, plan.rates.people)
    living, story = Living(plan.area, plan.rates.care), Story(plan.area, plan.rates, people)
    start = datetime.combine(plan.start, time())
    messages: dict[str, list[Message]] = defaultdict(list)
    truths: list[Truth] = []
    for number, (fate, until) in enumerate(plan.deaths(Dice(f"{seed} deaths"))):
        dice = Dice(f"{seed} person {number}")
        who = _person(dice, people, fate, until, plan)
        life = living.life(dice, who, fate, start, until)
        for told in story.tell(dice, who, life):
            truths.append(truth(told))
            for message in told.messages:
                messages[message.sender].append(message)
    ordered = {sender: sorted(messages[sender], key=_sent) for sender in sorted(messages)}
    return Simulated(plan, ordered, truths)


def _person(dice: Dice, people: People, fate: Fate, until: datetime, plan: Plan) -> Person:
    if fate is Fate.STILLBORN:
        return people.baby(dice, until.date())
    if fate is not Fate.SURVIVES and dice.happens(plan.rates.people.children_of_deaths):
        return people.child(dice, until.date())
    return people.adult(dice, until.date())


def _sent(message: Message) -> tuple[datetime, str]:
    return message.sent, message.control_id
