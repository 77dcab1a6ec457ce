"""Maternity care: which stays were of a woman in, or just after, a pregnancy.

The messages hold no pregnancy. What they hold is how she was admitted (NHS Data Dictionary, METHOD
OF ADMISSION) and under whom (TREATMENT FUNCTION and MAIN SPECIALTY CODE).
"""

from __future__ import annotations

from nhs.partial_date import PartialDate
from registry.core.spells import Spell

# Maternity, ante-partum and post-partum.
ADMISSION_METHODS = {"31", "32"}
# Obstetrics, midwifery.
SPECIALTIES = {"501", "560"}
# The baby's own stay: born here, or on the way here.
_BORN = {"82", "83"}
# Nobody younger is taken for a mother: a baby's stay is often sent under its mother's specialty.
_YOUNGEST_MOTHER_YEARS = 10


def may_be_maternity(spell: Spell) -> bool:
    """Takes a stay; True where its admission or specialty says maternity, whoever it is about."""
    if not spell.is_admitted or spell.admission_method in _BORN:
        return False
    return spell.admission_method in ADMISSION_METHODS or spell.specialty in SPECIALTIES


def is_maternity(spell: Spell, born: PartialDate | None) -> bool:
    """Takes a stay and when the person was born, where that is known; True where it is the stay of
    a mother."""
    if not may_be_maternity(spell):
        return False
    seen = spell.admitted or spell.discharged
    if born is None or seen is None:
        return True
    return seen.latest.year - born.earliest.year > _YOUNGEST_MOTHER_YEARS
