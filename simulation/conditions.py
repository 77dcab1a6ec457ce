"""Diagnoses as trusts code them, and what each is evidence of.

ICD-10: learning disability is F70 to F79; severe mental illness F20 to F29, F30, F31 and depression
with psychotic symptoms (the cohort of the Physical Health Checks for people with SMI Directions
2020); autism F84.0, F84.1, F84.5 and others. F81.9 and chromosome disorders only suggest a learning
disability; F81.0 is a learning difficulty, F84.2 Rett syndrome, F06 an organic psychosis: none of
them is evidence.
"""

from __future__ import annotations

from simulation.dice import Dice
from simulation.rates import PeopleRates

LEARNING_DISABILITY = "learning-disability"
SEVERE_MENTAL_ILLNESS = "severe-mental-illness"
AUTISM = "autism"
POSSIBLE_LEARNING_DISABILITY = "possible-learning-disability"
POSSIBLE_SEVERE_MENTAL_ILLNESS = "possible-severe-mental-illness"

CONFIRMED = (LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS, AUTISM)
LEDER = frozenset({LEARNING_DISABILITY, AUTISM})
"""Since January 2022 LeDeR looks at adults with either."""

CODES: dict[str, tuple[str, ...]] = {
    LEARNING_DISABILITY: ("F70.0", "F71.1", "F720", "F73", "F78.9", "F799"),
    SEVERE_MENTAL_ILLNESS: ("F20.0", "F205", "F21", "F25.1", "F29", "F30.2", "F31.1", "F323"),
    AUTISM: ("F84.0", "F841", "F84.5"),
    POSSIBLE_LEARNING_DISABILITY: ("F81.9", "Q90.9", "Q909"),
    POSSIBLE_SEVERE_MENTAL_ILLNESS: ("F60.3", "F32.2", "F50.0"),
}
SIMILAR = ("F81.0", "F06.2", "F84.2", "F32.1", "F801")
"""Codes beside those of the lists, that are evidence of nothing here."""
ORDINARY = (
    "J18.9",
    "I21.9",
    "C34.9",
    "N39.0",
    "S72.0",
    "I50.0",
    "K92.2",
    "J44.1",
    "A41.9",
    "I63.9",
)

LEARNING_DISABILITY_CARE, ADULT_MENTAL_ILLNESS = "700", "710"
SPECIALTIES = {
    LEARNING_DISABILITY_CARE: POSSIBLE_LEARNING_DISABILITY,
    ADULT_MENTAL_ILLNESS: POSSIBLE_SEVERE_MENTAL_ILLNESS,
}
"""NHS Data Dictionary, MAIN SPECIALTY CODE: a stay in one of these suggests the condition."""

FLAG_OF = {code: flag for flag, codes in CODES.items() for code in codes}


def draw(dice: Dice, rates: PeopleRates) -> dict[str, str]:
    """Takes the dice and the rates; returns a person's conditions: the code that trusts give each,
    with the flag that the condition truly is, or '' where it is none.

    A code that only suggests a learning disability may be all that is written of somebody who has
    one: the person then has the flag, and the messages the suggestion.
    """
    found: dict[str, str] = {}
    if dice.happens(rates.learning_disability):
        is_vague = dice.happens(0.2)
        listed = POSSIBLE_LEARNING_DISABILITY if is_vague else LEARNING_DISABILITY
        found[dice.one_of(CODES[listed])] = LEARNING_DISABILITY
    if dice.happens(rates.severe_mental_illness):
        found[dice.one_of(CODES[SEVERE_MENTAL_ILLNESS])] = SEVERE_MENTAL_ILLNESS
    if dice.happens(rates.autism):
        found[dice.one_of(CODES[AUTISM])] = AUTISM
    if dice.happens(rates.possible_flag):
        vague = (POSSIBLE_LEARNING_DISABILITY, POSSIBLE_SEVERE_MENTAL_ILLNESS)
        found.setdefault(dice.one_of(CODES[dice.one_of(vague)]), "")
    if dice.happens(rates.similar_diagnosis):
        found[dice.one_of(SIMILAR)] = ""
    return found
