"""What a trust's messages about somebody add up to in the end, as whoever wrote them knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(slots=True)
class RecordedStay:
    """A stay as the messages leave it; `left` is None where no discharge was sent."""

    visit: str
    admitted: datetime
    left: datetime | None = None
    has_died: bool = False
    is_inpatient: bool = True
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class RecordedDeath:
    """A death as the messages leave it: between which dates, and when that was last said.

    `earliest` and `latest` are None where no date was sent; `at` is set where a time was.
    """

    said: date
    earliest: date | None = None
    latest: date | None = None
    at: datetime | None = None


@dataclass(slots=True)
class Record:
    """One record of a person at one trust.

    `has_nhs_number` is True once any message carried the right one; `into` is the record that this
    one was merged into, and `loose` says, where it has neither, what is wrong.
    """

    trust: str
    mrn: str
    loose: str = ""
    has_nhs_number: bool = False
    into: Record | None = None
    stays: list[RecordedStay] = field(default_factory=list[RecordedStay])
    death: RecordedDeath | None = None
    codes: set[str] = field(default_factory=set[str])

    @property
    def last(self) -> Record:
        """The record that this one has become part of, or itself."""
        return self.into.last if self.into else self
