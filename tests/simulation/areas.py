"""Small areas that the tests simulate."""

from __future__ import annotations

from datetime import date

from simulation.plan import Plan, plan
from simulation.rates import DENSE, Rates

START = date(2024, 1, 1)


def small(seed: int, people: int = 120, rates: Rates = DENSE, trusts: int = 3) -> Plan:
    """A plan of two years with everything rare made frequent."""
    return plan(seed, trusts, 8, people, 2, START, rates)
