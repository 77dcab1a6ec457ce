"""What the rules for reviews can ask about a death: one small question each.

registry/rules/*.yaml combines them with `all`, `any` and `not`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from nhs.partial_date import PartialDate
from registry.core.alarms import Bearing
from registry.core.concern import AlarmKind, Concern, ConcernKind, Recommendation
from registry.core.deaths import Death
from registry.core.flags import Flag
from registry.core.maternity import is_maternity
from registry.core.scope import Finding, Relation
from registry.directory.organisation import Directory, OrganisationType


@dataclass(frozen=True, slots=True)
class Subject:
    """All that the conditions may ask about: one death and what is known around it.

    `first_provider` is the provider that the case record review is first proposed to, as it is
    called `on` today's date in London; `is_judged_due_to_problems` is True when a review judged the
    death more likely than not due to problems in care.
    """

    death: Death
    findings: tuple[Finding, ...]
    flags: tuple[Flag, ...]
    born: PartialDate | None
    concerns: tuple[Concern, ...]
    alarms: tuple[Bearing, ...]
    is_sampled: bool
    is_judged_due_to_problems: bool
    first_provider: str | None
    directory: Directory
    on: date

    @property
    def years_old(self) -> int | None:
        """Age at death in whole years, the greatest it may have been; None where not known."""
        if self.born is None or self.death.latest == date.max:
            return None
        born, on = self.born.earliest, self.death.latest
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


Condition = Callable[[Subject], bool]


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Takes conditions; returns the one that holds when all of them do."""
    every = tuple(conditions)
    return lambda subject: all(holds(subject) for holds in every)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Takes conditions; returns the one that holds when any of them does."""
    some = tuple(conditions)
    return lambda subject: any(holds(subject) for holds in some)


def not_(condition: Condition) -> Condition:
    """Takes a condition; returns the one that holds when it does not."""
    return lambda subject: not condition(subject)


def flag(code: str) -> Condition:
    """The person has the flag, confirmed: a possible one asks people first."""
    return lambda subject: any(f.code == code and f.is_confirmed for f in subject.flags)


def age_at_least(years: int) -> Condition:
    """The person was that old at death; an unknown age counts as an adult's."""

    def holds(subject: Subject) -> bool:
        age = subject.years_old
        return age is None or age >= years

    return holds


def age_in_days_at_most(days: int) -> Condition:
    """The person died at most so many days after birth; not where the birth date is unknown."""

    def holds(subject: Subject) -> bool:
        born, died = subject.born, subject.death
        return born is not None and 0 <= (died.latest - born.earliest).days <= days

    return holds


def stillbirth() -> Condition:
    """The baby was stillborn."""
    return lambda subject: subject.death.is_stillbirth


def died_after_admission_by(methods: Iterable[str]) -> Condition:
    """The person died in a stay to which they were admitted by one of these methods (NHS Data
    Dictionary, ADMISSION METHOD)."""
    wanted = frozenset(methods)
    return lambda subject: any(
        f.relation is Relation.DIED_IN_SPELL and f.spell.admission_method in wanted
        for f in subject.findings
    )


def maternity_stay_within(days: int) -> Condition:
    """The person died at most so many days after the end of a maternity stay, or in it."""

    def holds(subject: Subject) -> bool:
        return any(_days_after(f, subject.death) <= days for f in _maternity(subject))

    return holds


def concern(kinds: Iterable[ConcernKind]) -> Condition:
    """Somebody raised a concern of one of these kinds, and it was not withdrawn."""
    wanted = frozenset(kinds)
    return lambda subject: any(c.kind in wanted and not c.is_withdrawn for c in subject.concerns)


def recommended(recommendations: Iterable[Recommendation]) -> Condition:
    """A referral recommends one of these."""
    wanted = frozenset(recommendations)
    return lambda subject: any(
        c.recommendations & wanted and not c.is_withdrawn for c in subject.concerns
    )


def alarm(kind: AlarmKind) -> Condition:
    """The death falls under an alarm of this kind: by the specialty of a stay in scope, by a
    diagnosis that is held, or by what people found."""
    return lambda subject: any(b.alarm.kind is kind and b.holds for b in subject.alarms)


def sampled() -> Condition:
    """The death is in its provider's random sample."""
    return lambda subject: subject.is_sampled


def judged_due_to_problems() -> Condition:
    """A review judged the death more likely than not due to problems in care."""
    return lambda subject: subject.is_judged_due_to_problems


def died_in_care() -> Condition:
    """The death is in the scope of a provider's learning from deaths, not for a mother's sake
    only."""
    return lambda subject: any(f.is_in_scope for f in subject.findings)


def also_in_scope(types: Iterable[OrganisationType]) -> Condition:
    """A provider of one of these types is in scope beside the one that is asked first."""
    wanted = frozenset(types)

    def holds(subject: Subject) -> bool:
        directory = subject.directory
        return any(
            f.is_in_scope
            and directory.current(f.spell.provider, subject.on) != subject.first_provider
            and directory.type_of(f.spell.provider) in wanted
            for f in subject.findings
        )

    return holds


def _maternity(subject: Subject) -> list[Finding]:
    return [
        f
        for f in subject.findings
        if is_maternity(f.spell, subject.born) and f.relation is not Relation.AFTER_DEATH
    ]


def _days_after(finding: Finding, death: Death) -> int:
    if finding.relation is Relation.DIED_IN_SPELL:
        return 0
    ended = finding.spell.discharged or finding.spell.admitted
    earliest = death.earliest or death.latest
    return (earliest - ended.latest).days if ended else 0
