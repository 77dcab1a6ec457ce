"""What can be said of one person's death: true, shown by the messages, or found by a registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulation.conditions import CONFIRMED
from simulation.life import Place


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`days` are, for each stay left alive within 30 days of the death, the trust and the days
    between; `leads` who should lead the case record review, as a rule proposes."""

    place: Place = Place.OUT_OF_SCOPE
    days: frozenset[tuple[str, int]] = field(default_factory=frozenset[tuple[str, int]])
    flags: frozenset[str] = field(default_factory=frozenset[str])
    is_for_leder: bool = False
    leads: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def is_case(self) -> bool:
        """True for a death in scope."""
        return self.place is not Place.OUT_OF_SCOPE


NOTHING = Conclusion()
_SUREST_FIRST = list(Place)


def together(conclusions: Iterable[Conclusion]) -> Conclusion:
    """Takes the conclusions about records of one person that nothing links; returns what they say
    together. Only those with a case count."""
    cases = [conclusion for conclusion in conclusions if conclusion.is_case]
    if not cases:
        return NOTHING
    return Conclusion(
        place=min((case.place for case in cases), key=_SUREST_FIRST.index),
        days=frozenset[tuple[str, int]]().union(*(case.days for case in cases)),
        flags=surest(flag for case in cases for flag in case.flags),
        is_for_leder=any(case.is_for_leder for case in cases),
        leads=frozenset[str]().union(*(case.leads for case in cases)),
    )


def surest(flags: Iterable[str]) -> frozenset[str]:
    """Takes flags; returns them without the possible ones that are confirmed besides."""
    found = frozenset(flags)
    confirmed = {f"possible-{flag}" for flag in CONFIRMED if flag in found}
    return found - confirmed
