"""People who between them bring about everything that the registry says of a death.

The demonstration's organisations tell of them; each is one case of the rules. Numbers are of the
test range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from nhs import addresses, nhs_number
from registry.core.flags import AUTISM, LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS
from registry.core.spells import METHOD_DIED
from registry.core.statement import (
    DeathStated,
    Demographics,
    EvidenceStated,
    Identifier,
    NationalStatus,
    Statement,
    StayStated,
    Verdict,
)

ACUTE, OTHER_ACUTE, MENTAL_HEALTH, PRACTICE, BOARD = "ZT1", "ZT2", "ZM1", "Z99901", "ZB1"
NATIONAL, UNKNOWN, MERGED = "X26", "ZX9", "ZT8"
_LOCAL = "https://local.example/mrn"
_FIRST_WORD = datetime(2026, 3, 1, 9, tzinfo=UTC)
_DIAGNOSES = {LEARNING_DISABILITY: "F70", SEVERE_MENTAL_ILLNESS: "F200", AUTISM: "F840"}


def statements() -> list[Statement]:
    """Every statement about every person."""
    numbers = nhs_number.of_test_range(950_000)
    return [
        statement
        for person, number in zip(_PEOPLE, numbers, strict=False)
        for statement in person(Identifier(addresses.NHS_NUMBER, number))
    ]


class _Telling:
    """Messages about one person, an hour apart."""

    def __init__(self, *identifiers: Identifier, born: str, practice: str | None = PRACTICE):
        self._identifiers = identifiers
        self._born = born
        self._practice = practice
        self._at = _FIRST_WORD

    def says(self, source: str, trigger: str, **said: Any) -> Statement:
        """One message."""
        self._at += timedelta(hours=1)
        key = f"{source}-{self._identifiers[0].value}-{self._at:%H}"
        bare = Statement(
            source=source,
            control_id=key,
            trigger=trigger,
            message_hash=f"urn:hash::sha256:{key}",
            recorded=self._at,
            identifiers=self._identifiers,
            demographics=Demographics("Tester", ("Terry",), "unknown", self._born),
            practice=self._practice,
        )
        return replace(bare, **said)

    def stays(
        self, provider: str, admitted: str, left: str | None, kind: str = "IMP", **codes: Any
    ) -> Statement:
        """A stay or contact, numbered by its first day."""
        stay = StayStated(
            admitted, "finished" if left else "in-progress", kind, admitted, left, **codes
        )
        died = DeathStated(Verdict.DIED, left) if stay.discharge_method == METHOD_DIED else None
        return self.says(provider, "A03" if left else "A01", stay=stay, death=died)

    def dies(self, source: str, on: str | None) -> Statement:
        """A31 with a death."""
        return self.says(source, "A31", death=DeathStated(Verdict.DIED, on))

    def shows(self, *flags: str) -> Statement:
        """Diagnoses that are evidence for flags."""
        evidence = tuple(
            EvidenceStated(flag, addresses.ICD10, _DIAGNOSES[flag], recorded="2024-01-01")
            for flag in flags
        )
        return self.says(ACUTE, "A08", evidence=evidence)


def _meets_every_criterion(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1960-05-04")
    yield tell.shows(LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS, AUTISM)
    yield tell.stays(MENTAL_HEALTH, "2025-11-01", None, "AMB")
    yield tell.stays(
        ACUTE,
        "2026-02-01",
        "2026-02-09",
        admission_method="11",
        discharge_method="4",
        discharge_destination="79",
        specialty="180",
    )


def _autistic_child(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="2015-05-04")
    yield tell.shows(AUTISM)
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-09", discharge_method="4")


def _stillborn(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="2026-02-09")
    yield tell.stays(ACUTE, "2026-02-09", "2026-02-09", discharge_method="5")


def _mother(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1995-05-04")
    yield tell.stays(ACUTE, "2026-01-08", "2026-01-10", admission_method="31", discharge_method="1")
    yield tell.dies(PRACTICE, "2026-02-01")


def _mother_at_home(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1995-05-04")
    yield tell.stays(ACUTE, "2025-06-08", "2025-06-10", specialty="501", discharge_method="1")
    yield tell.dies(PRACTICE, "2026-02-01")


def _mother_who_died_some_time_in_a_month(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1995-05-04")
    yield tell.stays(ACUTE, "2025-02-08", "2025-02-10", admission_method="32", discharge_method="1")
    yield tell.dies(PRACTICE, "2026-02")


def _contradicted_by_a_trust_that_merged(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04")
    yield tell.says(MERGED, "A31", death=DeathStated(Verdict.CONFLICTING))


def _cared_for_by_many(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04")
    yield tell.stays(OTHER_ACUTE, "2025-01-01", None)
    yield tell.stays(OTHER_ACUTE, "2025-09-20", "2025-10-01", discharge_method="1")
    yield tell.stays(OTHER_ACUTE, "2026-02-02", "2026-02-10", discharge_method="1")
    yield tell.stays(MENTAL_HEALTH, "2025-02-01", "2025-03-01", "AMB")
    yield tell.stays(MENTAL_HEALTH, "2026-01-01", "2026-01-10", "AMB")
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-01", "EMER")
    yield tell.stays(ACUTE, "2026-03-01", None)
    yield tell.dies(OTHER_ACUTE, "2026-02-20")


def _died_some_time_in_a_month(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950")
    yield tell.stays(MENTAL_HEALTH, "2025-08-01", "2025-08-15", "AMB")
    yield tell.stays(ACUTE, "2026-01-02", "2026-01-20", discharge_method="1")
    yield tell.dies(PRACTICE, "2026-02")


def _flagged_possibly(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04")
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-09", discharge_method="4", specialty="700")


def _contradicted(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04")
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-09", discharge_method="4")
    yield tell.says(OTHER_ACUTE, "A31", death=DeathStated(Verdict.CONFLICTING))
    issues = ("code-unknown", "death-date-implausible", "death-suspected")
    yield tell.says(MENTAL_HEALTH, "A31", issues=issues)
    issues = ("discharge-fields-swapped", "nhs-number-invalid", "period-reversed")
    yield tell.says(PRACTICE, "A31", issues=issues)


def _registered_on_another_day(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04")
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-09", discharge_method="1")
    yield tell.dies(ACUTE, "2026-02-11")
    registered = DeathStated(Verdict.DIED, "2026-02-12", NationalStatus.FORMAL)
    yield tell.says(NATIONAL, "pds-death-notification-2", death=registered)


def _removed_nationally(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04")
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-09", discharge_method="1")
    yield tell.dies(ACUTE, "2026-02-11")
    removed = DeathStated(Verdict.RETRACTED, None, NationalStatus.REMOVED)
    yield tell.says(NATIONAL, "pds-death-notification-2", death=removed)


def _numbered_twice(number: Identifier) -> Iterator[Statement]:
    record = Identifier(_LOCAL, "T1")
    other = Identifier(addresses.NHS_NUMBER, "9990000018")
    yield _Telling(other, record, born="1950-05-04").dies(ACUTE, "2026-02-11")
    tell = _Telling(number, record, born="1950-05-04")
    yield tell.says(ACUTE, "A08")
    yield tell.stays(ACUTE, "2026-02-01", "2026-02-09", discharge_method="1")


def _stillbirth_on_the_mothers_record(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1995-05-04")
    yield tell.stays(ACUTE, "2026-02-09", "2026-02-09", discharge_method="5")


def _died_elsewhere(number: Identifier) -> Iterator[Statement]:
    yield _Telling(number, born="1950-05-04").dies(PRACTICE, None)


def _of_no_area(number: Identifier) -> Iterator[Statement]:
    tell = _Telling(number, born="1950-05-04", practice=None)
    yield tell.shows(LEARNING_DISABILITY)
    yield tell.stays(UNKNOWN, "2026-02-01", "2026-02-09", discharge_method="4")


_PEOPLE = (
    _meets_every_criterion,
    _autistic_child,
    _stillborn,
    _mother,
    _mother_at_home,
    _mother_who_died_some_time_in_a_month,
    _contradicted_by_a_trust_that_merged,
    _cared_for_by_many,
    _died_some_time_in_a_month,
    _flagged_possibly,
    _contradicted,
    _registered_on_another_day,
    _removed_nationally,
    _numbered_twice,
    _stillbirth_on_the_mothers_record,
    _died_elsewhere,
    _of_no_area,
)
