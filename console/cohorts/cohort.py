"""A cohort as its Group tells of it (docs/export.md). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from conformance import canonical

Resource = dict[str, Any]
Said = Literal["asked", "agreed", "withdrawn"]
ELEMENTS = "active,name,extension,characteristic,quantity,managingEntity"
"""What is asked of a Group to show it: all but who is in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """An organisation that is to take part (ODS code), what it said last, and when (an instant; '':
    it was only asked)."""

    organisation: str
    said: Said
    since: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The random sample of a cohort: a share of its deaths, or a number of them, and the seed."""

    seed: str
    percent: float | None = None
    size: int | None = None

    @property
    def words(self) -> str:
        """How much of it is drawn."""
        if self.percent is not None:
            return f"{self.percent:g} in 100 of the deaths"
        return f"{self.size} of the deaths" if self.size != 1 else "one of the deaths"


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort: its id and name, the first day of its month, the organisations in the order of
    their codes, who proposed it, whether all have agreed, the sample (None: all deaths), and how
    many deaths are in it (None: that is not known while not all have agreed)."""

    id: str
    name: str
    month: date
    parts: tuple[Part, ...]
    proposer: str
    is_active: bool
    sample: Drawn | None = None
    deaths: int | None = None

    def said_by(self, organisation: str) -> Said:
        """Takes an organisation that takes part; returns what it said last."""
        return next(one.said for one in self.parts if one.organisation == organisation)

    def of(self, said: Said) -> list[str]:
        """Takes what may be said; returns the organisations that said it last."""
        return [one.organisation for one in self.parts if one.said == said]

    @property
    def month_words(self) -> str:
        """The month as people write it: January 2026."""
        return f"{self.month:%B %Y}"


def is_cohort(group: Resource) -> bool:
    """Takes a Group; True where it is a cohort, and not an organisation's own deaths."""
    return "characteristic" in group


def cohort(group: Resource) -> Cohort:
    """Takes a Group that is a cohort; returns the cohort."""
    extensions: list[Resource] = group.get("extension", [])
    named = [_values(one) for one in extensions if one["url"] == canonical.COHORT_ORGANISATION]
    drawn = [_values(one) for one in extensions if one["url"] == canonical.COHORT_SAMPLE]
    period = group["characteristic"][0]["period"]
    return Cohort(
        group["id"],
        group["name"],
        date.fromisoformat(period["start"]),
        tuple(_part(one) for one in named),
        group["managingEntity"]["identifier"]["value"],
        group["active"],
        _drawn(drawn[0]) if drawn else None,
        group.get("quantity"),
    )


def _part(values: dict[str, Any]) -> Part:
    code: str = values["organisation"]["identifier"]["value"]
    return Part(code, values["answer"], values.get("since", ""))


def _drawn(values: dict[str, Any]) -> Drawn:
    percent = values.get("percent")
    return Drawn(values["seed"], None if percent is None else float(percent), values.get("size"))


def _values(extension: Resource) -> dict[str, Any]:
    return {
        part["url"]: next(value for name, value in part.items() if name.startswith("value"))
        for part in extension["extension"]
    }
