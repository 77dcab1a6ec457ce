"""Whether a death falls under an alarm: by the specialty of a stay, by a diagnosis that is held, by
what people found; else they are asked.

The registry holds no diagnoses but those that flags rest on, so one that is not held shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nhs import addresses
from registry.core.concern import Alarm
from registry.core.contested import fingerprint
from registry.core.deaths import Death
from registry.core.decision import Decision, Step
from registry.core.flags import CONFIRMED, FINDING, Evidence
from registry.core.scope import Finding

ROUTE = "alarm "
SUBJECT = "alarm"


@dataclass(frozen=True, slots=True)
class Bearing:
    """How an alarm bears on a death in its provider's scope and period.

    `evidence` are the diagnoses held that are of one of its groups, in a stay in scope or apart
    from any; `answer` is what people found, None until they did, or where the alarm's diagnoses
    have changed since.
    """

    alarm: Alarm
    has_specialty: bool
    evidence: tuple[Evidence, ...]
    answer: Decision | None

    @property
    def holds(self) -> bool:
        """True when the death falls under the alarm."""
        return self.has_specialty or bool(self.evidence) or self._is_confirmed

    @property
    def is_asked(self) -> bool:
        """True when people are asked, or were, whether the death falls under it."""
        return bool(self.alarm.diagnosis_groups) and not self.has_specialty and not self.evidence

    @property
    def is_open(self) -> bool:
        """True while people are asked and have not answered."""
        return self.is_asked and self.answer is None

    @property
    def _is_confirmed(self) -> bool:
        outcomes = self.answer.outcomes if self.answer else ()
        return any(o.kind == FINDING and o.code == CONFIRMED for o in outcomes)


def facts(alarm: Alarm) -> tuple[str, ...]:
    """Takes an alarm; returns what a question about it is about: its groups and their codes."""
    return (*alarm.diagnosis_groups, *(code for codes in alarm.group_codes for code in codes))


def bearings(
    alarms: Iterable[Alarm],
    died: Death,
    found: Iterable[Finding],
    evidence: Iterable[Evidence],
    decisions: Iterable[Decision],
) -> tuple[Bearing, ...]:
    """Takes the alarms, the death, how each stay relates to it, the evidence that stands and the
    decisions taken; returns the alarms that bear on the death."""
    standing, taken = list(evidence), list(decisions)
    in_scope = [finding for finding in found if finding.is_in_scope]
    bearing: list[Bearing] = []
    for alarm in alarms:
        stays = [f for f in in_scope if f.spell.provider == alarm.organisation]
        if stays and alarm.covers(died.earliest, died.latest):
            bearing.append(
                Bearing(
                    alarm=alarm,
                    has_specialty=any(f.spell.specialty in alarm.specialties for f in stays),
                    evidence=tuple(e for e in standing if _shows(e, alarm, stays)),
                    answer=_answer(alarm, taken),
                )
            )
    return tuple(bearing)


def _shows(evidence: Evidence, alarm: Alarm, stays: list[Finding]) -> bool:
    if evidence.source != alarm.organisation or evidence.stated.system != addresses.ICD10:
        return False
    stay = evidence.statement.stay
    if stay is not None and all(stay.number != f.spell.number for f in stays):
        return False
    code = bare(evidence.stated.code)
    return any(code.startswith(bare(of)) for codes in alarm.group_codes for of in codes)


def bare(code: str) -> str:
    """Takes an ICD-10 code as anybody writes it; returns it without dot and spaces: `F20.0` and
    `F200` are the same, and both are of `F20`."""
    return "".join(code.upper().replace(".", "").split())


def _answer(alarm: Alarm, decisions: list[Decision]) -> Decision | None:
    about = fingerprint(SUBJECT, facts(alarm))
    given = [
        d
        for d in decisions
        if d.route == f"{ROUTE}{alarm.number}" and d.step is Step.COMPLETE and d.about == about
    ]
    return max(given, key=lambda d: (d.number, d.at), default=None)
