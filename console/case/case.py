"""A case: all that an organisation may see of one person's death, ready for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from conformance import canonical
from console.case.references import code_of, id_of, name_of, ods_of, words_of
from console.case.review import Review
from console.case.taken import TAKEN
from console.case.timeline import Happened, Timeline, timeline
from console.wording import day, moment
from nhs import addresses
from nhs.partial_date import PartialDate

Resource = dict[str, Any]
_IN_ERROR = "entered-in-error"
_REASONS = {"coroner": "Coroner", "police": "Police", "other-process": "Another process"}


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag and what it rests on."""

    name: str
    is_confirmed: bool
    is_withdrawn: bool
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Involved:
    """An organisation (ODS code), and its parts in the case."""

    name: str
    ods: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """A concern as its readers see it; `can_take_back`: it is the organisation's own, and
    stands."""

    id: str
    version: str
    what: tuple[str, ...]
    by: str
    on: str
    words: tuple[str, ...]
    is_withdrawn: bool
    can_take_back: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that somebody took: when, what, on which review, who for whom, and why."""

    at: str
    when: str
    what: str
    review: str
    who: str
    why: str


@dataclass(frozen=True)
class Case:
    """The resources of one person, for an organisation (ODS code) in a role, on a day (London's).
    The first Patient among them is the person."""

    resources: Sequence[Resource]
    organisation: str
    role: str
    today: date

    def of_type(self, name: str) -> list[Resource]:
        """Takes a type; returns its resources that stand."""
        return [
            one
            for one in self.resources
            if one["resourceType"] == name and one.get("status") != _IN_ERROR
        ]

    @cached_property
    def patient(self) -> Resource:
        """The person."""
        return next(one for one in self.resources if one["resourceType"] == "Patient")

    @property
    def id(self) -> str:
        """The id of the Patient, which names the case in addresses."""
        return self.patient["id"]

    @property
    def name(self) -> str:
        """The person's name, as the newest message has it."""
        for one in self.patient.get("name", []):
            said = " ".join([*one.get("given", []), one.get("family", "")]).strip()
            if said:
                return said
        return "A person whose name was not sent"

    @property
    def numbers(self) -> list[str]:
        """The person's NHS numbers that are in use."""
        return [
            i["value"]
            for i in self.patient.get("identifier", [])
            if i.get("system") == addresses.NHS_NUMBER and i.get("use") != "old"
        ]

    @property
    def old_numbers(self) -> list[str]:
        """NHS numbers that were replaced."""
        return [
            i["value"]
            for i in self.patient.get("identifier", [])
            if i.get("system") == addresses.NHS_NUMBER and i.get("use") == "old"
        ]

    @property
    def born(self) -> str:
        """The date of birth."""
        return day(self.patient.get("birthDate"))

    @property
    def practice(self) -> str:
        """The registered GP practice."""
        return ", ".join(name_of(one) for one in self.patient.get("generalPractitioner", []))

    @property
    def replaced_by(self) -> str | None:
        """The id of the Patient that took this one's place, after records were joined."""
        links = self.patient.get("link", [])
        found = (id_of(one.get("other")) for one in links if one.get("type") == "replaced-by")
        return next(found, None)

    @cached_property
    def death(self) -> Resource | None:
        """The death, where it stands."""
        return next(iter(self.of_type("Observation")), None)

    @property
    def died(self) -> str:
        """When the person died."""
        if self.death is None:
            return ""
        return day(self.death.get("effectiveDateTime")) or "At a time that nobody has given"

    @property
    def age(self) -> str:
        """The age at death, where both dates are known to the day."""
        said = self.death.get("effectiveDateTime") if self.death else None
        birth = self.patient.get("birthDate")
        if not said or not birth:
            return ""
        at, born = PartialDate.parse(said), PartialDate.parse(birth)
        if not (at.is_day_known and born.is_day_known):
            return ""
        on, begun = at.earliest, born.earliest
        years = on.year - begun.year - ((on.month, on.day) < (begun.month, begun.day))
        return f"{years} years old" if years else ""

    @property
    def is_disputed(self) -> bool:
        """True where a source says both that the person died and that they did not."""
        return self.death is not None and self.death.get("status") == "preliminary"

    @property
    def place(self) -> str:
        """Where the person died, as far as the stays tell."""
        return next(iter(self._components("place")), "")

    @property
    def relations(self) -> list[str]:
        """How each stay relates to the death."""
        return self._components("scope")

    @property
    def said_by(self) -> list[str]:
        """Who says that the person died."""
        return [name_of(one) for one in self.death.get("performer", [])] if self.death else []

    @property
    def case_number(self) -> str | None:
        """The number of the case."""
        for task in [*self._tasks(), self.death or {}]:
            identifiers = [task.get("groupIdentifier", {}), *task.get("identifier", [])]
            for one in identifiers:
                if one.get("system") == canonical.CASE_ID:
                    return one["value"]
        return None

    @cached_property
    def reviews(self) -> list[Review]:
        """The reviews, those that are open first."""
        made = [self._review(t) for t in self._tasks() if not self._review(t).is_question]
        return sorted(made, key=lambda one: (one.is_over, one.name))

    @cached_property
    def questions(self) -> list[Review]:
        """The questions to the organisation, those to be answered first."""
        made = [self._review(t) for t in self._tasks() if self._review(t).is_question]
        return sorted(made, key=lambda one: (one.is_over, one.question))

    @cached_property
    def flags(self) -> list[Flagged]:
        """The flags, with their evidence."""
        conditions = {one["id"]: one for one in self.of_type("Condition")}
        return [_flagged(one, conditions) for one in self.of_type("Flag")]

    @cached_property
    def concerns(self) -> list[Raised]:
        """The concerns that the organisation may read, the newest first."""
        found = sorted(
            self.of_type("ServiceRequest"), key=lambda one: one["authoredOn"], reverse=True
        )
        return [self._raised(one) for one in found]

    @cached_property
    def history(self) -> list[Taken]:
        """Every step that was taken, the newest first."""
        names = {one.id: one.name for one in self.reviews}
        made = [_taken(one, names) for one in self._decisions()]
        return sorted(made, key=lambda one: one.at, reverse=True)

    @cached_property
    def involved(self) -> list[Involved]:
        """The organisations that the resources name, each with its parts."""
        parts: dict[str, dict[str, None]] = {}
        names: dict[str, str] = {}
        for reference, part in self._named():
            ods = ods_of(reference)
            if ods is not None:
                names[ods] = name_of(reference)
                parts.setdefault(ods, {})[part] = None
        return [Involved(names[ods], ods, tuple(found)) for ods, found in parts.items()]

    @cached_property
    def timeline(self) -> Timeline:
        """What happened, in order."""
        return timeline(
            Happened(
                deaths=[self.death] if self.death else [],
                stays=self.of_type("Encounter"),
                flags=self.of_type("Flag"),
                conditions=self.of_type("Condition"),
                reviews=[one.task for one in self.reviews],
                concerns=self.of_type("ServiceRequest"),
                decisions=self._decisions(),
                messages=[one for one in self.of_type("Provenance") if "activity" not in one],
                today=self.today,
            )
        )

    def _tasks(self) -> list[Resource]:
        return [one for one in self.resources if one["resourceType"] == "Task"]

    def _review(self, task: Resource) -> Review:
        return Review(task, self.organisation, self.role, self.today)

    def _decisions(self) -> list[Resource]:
        return [one for one in self.of_type("Provenance") if "activity" in one]

    def _components(self, kind: str) -> list[str]:
        components: Iterable[Resource] = self.death.get("component", []) if self.death else ()
        return [
            words_of(one.get("valueCodeableConcept"))
            for one in components
            if code_of(one.get("code")) == kind
        ]

    def _raised(self, one: Resource) -> Raised:
        is_own = ods_of(one.get("requester")) == self.organisation
        is_withdrawn = one["status"] != "active"
        return Raised(
            id=one["id"],
            version=one["meta"]["versionId"],
            what=tuple(words_of(reason) for reason in one.get("reasonCode", [])),
            by=name_of(one.get("requester")),
            on=day(one["authoredOn"]),
            words=tuple(note["text"] for note in one.get("note", [])),
            is_withdrawn=is_withdrawn,
            can_take_back=is_own and not is_withdrawn,
        )

    def _named(self) -> Iterable[tuple[Resource, str]]:
        for stay in self.of_type("Encounter"):
            yield stay.get("serviceProvider", {}), "Cared for the person"
        for one in self.death.get("performer", []) if self.death else ():
            yield one, "Reported the death"
        for review in self.reviews:
            owner = review.task.get("owner")
            if owner:
                has_led = "start" in review.task.get("executionPeriod", {})
                yield owner, f"{'Leads' if has_led else 'Proposed to lead'}: {review.name}"
            for offer in review.of_task.inputs("offered-to"):
                yield offer["valueReference"], f"Offered the lead: {review.name}"
            for joined in review.of_task.inputs("contributor"):
                yield joined["valueReference"], f"Contributes: {review.name}"
        for one in self.patient.get("generalPractitioner", []):
            yield one, "Registered GP practice"


def _flagged(flag: Resource, conditions: dict[str, Resource]) -> Flagged:
    details = [
        conditions.get(id_of(extension.get("valueReference")))
        for extension in flag.get("extension", [])
    ]
    name = words_of(flag.get("code"))
    prefix = f"{name}: "
    evidence = [words_of(one.get("code")).removeprefix(prefix) for one in details if one]
    return Flagged(
        name,
        is_confirmed=not code_of(flag.get("code")).startswith("possible-"),
        is_withdrawn=flag.get("status") != "active",
        evidence=tuple(evidence),
    )


def _taken(provenance: Resource, names: dict[str, str]) -> Taken:
    agent: Resource = provenance["agent"][0]
    who, organisation = name_of(agent.get("who")), name_of(agent.get("onBehalfOf"))
    step = code_of(provenance["activity"])
    found = [names.get(id_of(target), "") for target in provenance.get("target", [])]
    reasons = [_why(reason) for reason in provenance.get("reason", [])]
    return Taken(
        at=provenance["recorded"],
        when=moment(provenance["recorded"]),
        what=TAKEN.get(step, words_of(provenance["activity"])),
        review=next((name for name in found if name), ""),
        who=f"{who}, {organisation}" if organisation else who,
        why="; ".join(one for one in reasons if one),
    )


def _why(reason: Resource) -> str:
    code = code_of(reason)
    words = [_REASONS.get(code, code), str(reason.get("text") or "")]
    return ": ".join(one for one in words if one)
