"""What is known beside a person's own facts and decisions, and on which day one looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from registry.core.concern import Alarm
from registry.core.policy import Policies
from registry.core.rulebook import Rulebook
from registry.directory.organisation import Directory


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The organisations, the rules, the policies and the alarms; `on` is the date in London on
    which successions of organisations are looked at."""

    directory: Directory
    rulebook: Rulebook
    on: date
    policies: Policies = field(default_factory=Policies)
    alarms: tuple[Alarm, ...] = ()
