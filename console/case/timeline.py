"""What happened around a death, on one line of time: stays, the death, flags, leads, concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from console.case.references import code_of, id_of, name_of, words_of
from console.case.taken import TAKEN
from console.wording import day, days
from nhs.partial_date import PartialDate

Resource = dict[str, Any]
Kind = Literal["stay", "lead", "death", "flag", "concern", "step"]

# What lies further before the death than this is told in the table and not drawn to scale.
DRAWN_BEFORE = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted: its first and last day (London's), both in; `is_open`: it had not
    ended; `is_vague`: a day of it is not known. `note` is told beside it."""

    first: date
    last: date
    kind: Kind
    is_open: bool = False
    is_vague: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something of one day."""

    on: date
    kind: Kind


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the picture, with its label."""

    label: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table: when, in words; what, and whose."""

    on: date
    when: str
    what: str
    who: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture and the table, which say the same. `death` is the last day on which the death may
    have been, None where that is not known; `first` and `last` bound the picture."""

    lanes: tuple[Lane, ...]
    entries: tuple[Entry, ...]
    first: date
    last: date
    death: date | None

    @property
    def is_drawn(self) -> bool:
        """False where there is nothing to draw."""
        return bool(self.lanes)


@dataclass(frozen=True, slots=True)
class Happened:
    """What the timeline is made of: resources of one person, the Provenances of decisions apart
    from those of messages, and today's date in London."""

    deaths: Sequence[Resource]
    stays: Sequence[Resource]
    flags: Sequence[Resource]
    conditions: Sequence[Resource]
    reviews: Sequence[Resource]
    concerns: Sequence[Resource]
    decisions: Sequence[Resource]
    messages: Sequence[Resource]
    today: date


def timeline(happened: Happened) -> Timeline:
    """Takes what happened; returns it in order."""
    died = _died(happened.deaths)
    lanes = [
        *_stay_lanes(happened, died),
        *_mark_lane("Died", "death", [died.latest] if died else []),
        *_mark_lane("Flags", "flag", [on.earliest for on, _, _ in _flagged(happened)]),
        *_mark_lane("Concerns", "concern", [_on(one["authoredOn"]) for one in happened.concerns]),
        *_lead_lanes(happened),
    ]
    entries = sorted(_entries(happened, died), key=lambda one: one.on)
    edge = died.earliest - DRAWN_BEFORE if died else None
    kept = [lane for one in lanes if (lane := _since(one, edge)).bars or lane.marks]
    days_shown = [d for lane in kept for d in _days_of(lane)]
    first = min(days_shown, default=happened.today)
    last = max(days_shown, default=happened.today)
    return Timeline(tuple(kept), tuple(entries), first, last, died.latest if died else None)


def _died(deaths: Iterable[Resource]) -> PartialDate | None:
    said = [one.get("effectiveDateTime") for one in deaths]
    return next((PartialDate.parse(text) for text in said if text), None)


def _on(text: str) -> date:
    return PartialDate.parse(text).earliest


def _since(lane: Lane, edge: date | None) -> Lane:
    """Without what lies before the edge; a bar that crosses it is drawn from there."""
    if edge is None:
        return lane
    bars = tuple(
        Bar(max(b.first, edge), b.last, b.kind, b.is_open, b.is_vague, b.note)
        for b in lane.bars
        if b.last >= edge
    )
    return Lane(lane.label, bars, tuple(m for m in lane.marks if m.on >= edge))


def _days_of(lane: Lane) -> Iterator[date]:
    for bar in lane.bars:
        yield bar.first
        yield bar.last
    for mark in lane.marks:
        yield mark.on


def _mark_lane(label: str, kind: Kind, on: Iterable[date]) -> Iterator[Lane]:
    marks = tuple(Mark(one, kind) for one in sorted(set(on)))
    if marks:
        yield Lane(label, marks=marks)


def _stay_lanes(happened: Happened, died: PartialDate | None) -> Iterator[Lane]:
    """One lane for each provider, in the order of its first stay."""
    by_provider: dict[str, list[Bar]] = {}
    for stay in sorted(happened.stays, key=_begins):
        bar = _stay_bar(stay, died, happened.today)
        if bar is not None:
            by_provider.setdefault(name_of(stay.get("serviceProvider")), []).append(bar)
    for provider, bars in by_provider.items():
        yield Lane(provider, tuple(bars))


def _begins(stay: Resource) -> str:
    period: Resource = stay.get("period", {})
    return str(period.get("start") or period.get("end") or "")


def _stay_bar(stay: Resource, died: PartialDate | None, today: date) -> Bar | None:
    period: Resource = stay.get("period", {})
    start, end = period.get("start"), period.get("end")
    if start is None and end is None:
        return None
    begun, ended = (PartialDate.parse(one) if one else None for one in (start, end))
    last = ended.latest if ended else (died.latest if died else today)
    first = min(begun.earliest if begun else last, last)
    vague = any(one is None or not one.is_day_known for one in (begun, ended))
    return Bar(first, last, "stay", ended is None, vague, _until_death(ended, died))


def _until_death(ended: PartialDate | None, died: PartialDate | None) -> str:
    if ended is None or died is None or not (ended.is_day_known and died.is_day_known):
        return ""
    count = (died.latest - ended.latest).days
    return days(count) if count > 0 else ""


def _flagged(happened: Happened) -> Iterator[tuple[PartialDate, str, str]]:
    """When each flag's evidence was recorded, where that was not said when it was told of; what,
    and who said so."""
    conditions = {one["id"]: one for one in happened.conditions}
    for flag in happened.flags:
        who = name_of(flag.get("author"))
        found = [
            conditions.get(id_of(extension.get("valueReference")))
            for extension in flag.get("extension", [])
        ]
        dated = [one for one in found if one and one.get("recordedDate")]
        for one in dated:
            words = str(one.get("code", {}).get("text", ""))
            yield PartialDate.parse(one["recordedDate"]), words, who
        told = sorted(_told(f"Flag/{flag['id']}", happened.messages))
        if not dated and told:
            yield PartialDate.parse(told[0]), words_of(flag.get("code")), who


def _told(reference: str, messages: Iterable[Resource]) -> Iterator[str]:
    for one in messages:
        if "recorded" in one and {"reference": reference} in one.get("target", []):
            yield one["recorded"]


def _lead_lanes(happened: Happened) -> Iterator[Lane]:
    """For each review, who led it from when to when."""
    for review in happened.reviews:
        bars, marks = _led(review, happened)
        if bars or marks:
            yield Lane(f"{words_of(review.get('code'))}: lead", tuple(bars), tuple(marks))


def _led(review: Resource, happened: Happened) -> tuple[list[Bar], list[Mark]]:
    bars: list[Bar] = []
    marks: list[Mark] = []
    since: date | None = None
    for decision in _of_review(review["id"], happened.decisions):
        on, step = _on(decision["recorded"]), code_of(decision.get("activity"))
        if step == "accept":
            if since is not None:
                bars.append(Bar(since, on, "lead"))
            since = on
        elif step in ("complete", "close") and since is not None:
            bars.append(Bar(since, on, "lead"))
            since = None
        elif step == "reopen":
            since = on
        else:
            marks.append(Mark(on, "step"))
    if since is not None:
        is_over = review.get("status") in ("completed", "cancelled", "entered-in-error")
        last = _on(review["lastModified"]) if is_over else happened.today
        bars.append(Bar(since, max(since, last), "lead", is_open=not is_over))
    return bars, marks


def _of_review(review_id: str, decisions: Iterable[Resource]) -> list[Resource]:
    found = [d for d in decisions if any(id_of(t) == review_id for t in d.get("target", []))]
    return sorted(found, key=lambda d: d["recorded"])


def _entries(happened: Happened, died: PartialDate | None) -> Iterator[Entry]:
    for stay in happened.stays:
        yield from _stay_entries(stay, died)
    for one in happened.deaths:
        if one.get("effectiveDateTime"):
            on = PartialDate.parse(one["effectiveDateTime"])
            said = ", ".join(name_of(p) for p in one.get("performer", []))
            yield Entry(on.latest, on.spoken, "Died", said)
    for on, words, who in _flagged(happened):
        yield Entry(on.earliest, on.spoken, f"Recorded: {words}", who)
    for concern in happened.concerns:
        text = "; ".join(words_of(reason) for reason in concern.get("reasonCode", []))
        who = name_of(concern.get("requester"))
        on = concern["authoredOn"]
        yield Entry(_on(on), day(on), f"Concern raised: {text}", who)
    names = {review["id"]: words_of(review.get("code")) for review in happened.reviews}
    for decision in happened.decisions:
        targets = [names.get(id_of(target)) for target in decision.get("target", [])]
        about = next((name for name in targets if name), "")
        agent: Resource = decision["agent"][0]
        who = name_of(agent.get("onBehalfOf") or agent.get("who"))
        on = decision["recorded"]
        step = TAKEN.get(code_of(decision.get("activity")), "")
        yield Entry(_on(on), day(on), f"{about}: {step[:1].lower()}{step[1:]}", who)


def _stay_entries(stay: Resource, died: PartialDate | None) -> Iterator[Entry]:
    who, period = name_of(stay.get("serviceProvider")), stay.get("period", {})
    if "start" in period:
        on = PartialDate.parse(period["start"])
        yield Entry(on.earliest, on.spoken, "Stay began", who)
    if "end" in period:
        on = PartialDate.parse(period["end"])
        before = _until_death(on, died)
        what = f"Stay ended, {before} before the death" if before else "Stay ended"
        yield Entry(on.latest, on.spoken, what, who)
