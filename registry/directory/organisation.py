"""Organisations by their ODS codes: names, the ICB above each, and who succeeded whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeGuard, get_args

OrganisationType = Literal[
    "acute", "mental-health", "community", "gp", "icb", "medical-examiner", "national"
]

TYPES: tuple[OrganisationType, ...] = get_args(OrganisationType)


def is_type(text: object) -> TypeGuard[OrganisationType]:
    """True if the text is the name of an organisation type."""
    return text in TYPES


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the directory says of one organisation; codes are ODS codes. From `succeeded_on` (a date
    in London) `succeeded_by` stands in its place: both or neither."""

    ods: str
    name: str
    type: OrganisationType
    parent: str | None = None
    succeeded_by: str | None = None
    succeeded_on: date | None = None


class Directory(Mapping[str, Organisation]):
    """All known organisations by ODS code."""

    def __init__(self, organisations: Iterable[Organisation] = ()) -> None:
        self._by_code = {organisation.ods: organisation for organisation in organisations}

    def __getitem__(self, ods: str) -> Organisation:
        return self._by_code[ods]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def name(self, ods: str) -> str:
        """Returns the organisation's name, the code itself where it is not known."""
        return self._by_code[ods].name if ods in self._by_code else ods

    def type_of(self, ods: str) -> OrganisationType | None:
        """Returns the organisation's type, None where the code is not known."""
        return self._by_code[ods].type if ods in self._by_code else None

    def parent_icb(self, ods: str) -> str | None:
        """Returns the code of the nearest ICB above the organisation (an ICB is its own); None
        where there is none or the code is not known."""
        seen: set[str] = set()
        code: str | None = ods
        while code in self._by_code and code not in seen:
            if self._by_code[code].type == "icb":
                return code
            seen.add(code)
            code = self._by_code[code].parent
        return None

    def current(self, ods: str, on: date) -> str:
        """Returns the code that stands for the organisation on a date in London: its last successor
        by then, itself where it has none."""
        return self._followed(ods, on)[0]

    def succeeded_on(self, ods: str, on: date) -> date | None:
        """Returns since when another stands for the organisation on that date; None where it stands
        for itself."""
        return self._followed(ods, on)[1]

    def _followed(self, ods: str, on: date) -> tuple[str, date | None]:
        seen: set[str] = set()
        since: date | None = None
        while ods not in seen:
            seen.add(ods)
            one = self._by_code.get(ods)
            if one and one.succeeded_by and one.succeeded_on and one.succeeded_on <= on:
                ods, since = one.succeeded_by, one.succeeded_on
        return ods, since
