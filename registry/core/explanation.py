"""Why the registry says what it says of a person: the facts held, each with its message, and for
each conclusion the rule and the evidence; as data, and as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from nhs.london_time import london_date, spoken_date
from nhs.partial_date import PartialDate
from registry.core.deaths import Claim
from registry.core.derive import PersonState
from registry.core.fhir.referral import readers_of_concern
from registry.core.spells import METHOD_DIED
from registry.core.statement import (
    DeathStated,
    EvidenceStated,
    NationalStatus,
    Statement,
    StayStated,
    Verdict,
)
from registry.core.visibility import REACH
from registry.directory.organisation import Directory


@dataclass(frozen=True, slots=True)
class Fact:
    """What one message said, in sentences."""

    source: str
    message: str
    trigger: str
    recorded: str | None
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What follows, by which rule, on what evidence. `readers` are the organisations (ODS codes)
    that it is for, None where it is for every party to the case."""

    about: str
    rule: str
    sentence: str
    because: tuple[str, ...] = ()
    readers: tuple[str, ...] | None = None

    def is_for(self, organisation: str) -> bool:
        """Takes a party to the case (ODS code); True if it may know."""
        return self.readers is None or organisation in self.readers


@dataclass(frozen=True, slots=True)
class Explanation:
    """A person's facts and conclusions."""

    identifiers: tuple[str, ...]
    facts: tuple[Fact, ...]
    conclusions: tuple[Conclusion, ...]

    def data(self) -> dict[str, object]:
        """The explanation as plain data."""
        return asdict(self)


def explain(state: PersonState, directory: Directory) -> Explanation:
    """Takes a person's state and the directory; returns why it is so."""
    return Explanation(
        identifiers=tuple(f"{i.system}|{i.value}" for i in state.person.identifiers),
        facts=tuple(fact_of(statement) for statement in state.person.statements),
        conclusions=tuple(conclusions(state, directory)),
    )


def fact_of(statement: Statement) -> Fact:
    """Takes a statement; returns what it says, in sentences."""
    return Fact(
        source=statement.source,
        message=statement.control_id,
        trigger=statement.trigger,
        recorded=statement.recorded.isoformat() if statement.recorded else None,
        says=tuple(_says(statement)),
    )


def _says(statement: Statement) -> Iterator[str]:
    if statement.stay is not None:
        yield said_of_stay(statement.stay)
    if statement.death is not None:
        yield said_of_death(statement.death)
    for evidence in statement.evidence:
        yield said_of_evidence(evidence)
    if statement.practice:
        yield f"registered with practice {statement.practice}"
    for verb, others in (
        ("merges into this record", statement.prior),
        ("links with this record", statement.linked),
        ("says this record is not", statement.unlinked),
    ):
        if others:
            yield f"{verb}: {', '.join(i.value for i in others)}"
    for issue in statement.issues:
        yield f"data quality: {issue}"


def said_of_evidence(evidence: EvidenceStated) -> str:
    """Takes what a message says of a code; returns it as a sentence."""
    verb = "withdraws" if evidence.withdrawn else "records"
    listed = f" (list {evidence.code_list})" if evidence.code_list else ""
    return f"{verb} {evidence.code}, evidence for {evidence.flag}{listed}"


def said_of_stay(stay: StayStated) -> str:
    """Takes what a message says of a stay; returns it as a sentence."""
    parts = [f"stay {stay.number} ({stay.encounter_class}, {stay.status})"]
    if stay.admitted:
        parts.append(f"admitted {PartialDate.parse(stay.admitted).spoken}")
    if stay.discharged:
        parts.append(f"discharged {PartialDate.parse(stay.discharged).spoken}")
    if stay.discharge_deleted:
        parts.append("not discharged after all")
    if stay.discharge_method:
        died = ", died" if stay.discharge_method == METHOD_DIED else ""
        parts.append(f"discharge method {stay.discharge_method}{died}")
    return ", ".join(parts)


def said_of_death(death: DeathStated) -> str:
    """Takes what a message says of a death; returns it as a sentence."""
    match death.verdict:
        case Verdict.DIED:
            return f"died {PartialDate.parse(death.at).spoken}" if death.at else "died"
        case Verdict.RETRACTED:
            return "has not died: takes the death back"
        case Verdict.CONFLICTING:
            return "says both dead and alive"


def conclusions(state: PersonState, directory: Directory) -> Iterator[Conclusion]:
    """Takes a person's state and the directory; gives all that follows."""
    yield from _identity(state)
    yield from _death_found(state, directory)
    for finding in state.findings:
        provider = directory.name(finding.spell.provider)
        because = (f"Rule '{finding.rule.name}': {finding.rule.source}",) if finding.rule else ()
        yield Conclusion(
            f"scope for {finding.spell.provider}",
            finding.relation,
            finding.sentence(provider),
            because,
        )
    for flag in state.flags:
        because = tuple(e.sentence(directory.name(e.source)) for e in flag.evidence)
        rule = "code-list" if flag.is_confirmed else "code-list-possible"
        if flag.confirmed_by:
            rule = "confirmed-by-people"
        yield Conclusion("flag", rule, f"{flag.name}.", because)
    yield from _concerns(state, directory)
    yield from _reviews(state, directory)
    yield from _inquiries(state, directory)
    for organisation, reasons in state.involvement.items():
        yield from _involved(organisation, reasons, directory.name(organisation))


def _involved(organisation: str, reasons: tuple[str, ...], name: str) -> Iterator[Conclusion]:
    """Who was asked a question or raised a concern is for nobody else to know."""
    text = f"{name} is involved."
    of_case = [reason for reason in reasons if REACH[reason] == "case"]
    if of_case:
        yield Conclusion("involvement", ", ".join(of_case), text)
    addressed = [reason for reason in reasons if REACH[reason] != "case"]
    if addressed:
        rule = ", ".join(addressed)
        yield Conclusion("involvement", rule, text, readers=(organisation,))


def _identity(state: PersonState) -> Iterator[Conclusion]:
    by = "nhs-number" if state.person.key.is_nhs_number else "local-identifier"
    held = ", ".join(i.value for i in state.person.identifiers)
    yield Conclusion("identity", by, f"One person, known as {held}.")
    for old in state.person.superseded:
        text = f"The NHS number {old.value} was superseded by {state.person.key.value}."
        yield Conclusion("identity", "superseded-nhs-number", text)
    if state.person.conflicting_numbers:
        numbers = ", ".join(state.person.conflicting_numbers)
        text = f"The record was given several NHS numbers ({numbers}); the newest counts."
        asked = {i.owner for i in state.inquiries if i.subject == "nhs-numbers-conflict"}
        readers = tuple(sorted(asked))
        yield Conclusion("identity", "conflicting-nhs-numbers", text, readers=readers)


def _death_found(state: PersonState, directory: Directory) -> Iterator[Conclusion]:
    for source in state.claims.conflicting:
        text = f"{directory.name(source)} says both dead and alive: nothing follows from it alone."
        yield Conclusion("death", "conflicting", text, readers=(source,))
    if state.death is None:
        yield Conclusion("death", "no-standing-claim", "No source says that the person has died.")
        return
    when = state.death.at.spoken if state.death.at else "at a time nobody has given"
    because = tuple(
        f"{directory.name(c.source)}, message {c.statement.control_id or 'without control id'}"
        f" ({c.statement.trigger}){_formality(c)}"
        for c in state.death.claims
    )
    yield Conclusion("death", "standing-claims", f"Died {when}.", because)


def _formality(claim: Claim) -> str:
    match claim.status:
        case NationalStatus.FORMAL:
            return ", formal"
        case NationalStatus.INFORMAL:
            return ", informal"
        case _:
            return ""


def _spoken(moment: datetime) -> str:
    return spoken_date(london_date(moment))


def _reviews(state: PersonState, directory: Directory) -> Iterator[Conclusion]:
    for review in state.reviews:
        route = review.route.code
        criteria = tuple(criterion.sentence for criterion in review.criteria)
        sentence = f"{route}: {review.necessity}, {review.state}."
        yield Conclusion("review", review.necessity, sentence, (*criteria, *review.notes))
        if review.lead and review.lead_since:
            text = f"{directory.name(review.lead)} leads since {_spoken(review.lead_since)}."
            yield Conclusion(f"lead of {route}", "accepted", text)
        for place, candidate in enumerate(review.candidates, 1):
            text = f"{place}. {directory.name(candidate.organisation)}: {candidate.sentence}"
            yield Conclusion(f"candidate to lead {route}", candidate.rule, text)


def _concerns(state: PersonState, directory: Directory) -> Iterator[Conclusion]:
    for concern in state.concerns:
        by = directory.name(concern.organisation)
        standing = "withdrawn" if concern.is_withdrawn else "standing"
        text = f"{concern.phrase} Told by {by}, {_spoken(concern.raised_at)}."
        readers = readers_of_concern(concern, state)
        yield Conclusion("concern", f"{concern.kind}, {standing}", text, readers=readers)


def _inquiries(state: PersonState, directory: Directory) -> Iterator[Conclusion]:
    for inquiry in state.inquiries:
        about = f"question to {directory.name(inquiry.owner)}"
        yield Conclusion(
            about, inquiry.subject, inquiry.sentence, inquiry.evidence, (inquiry.owner,)
        )
