"""What an address of the worklist asks for, and the search of the record that answers it.

Filters are words from fixed lists: an address never holds a name, a number or a free text. Where
somebody is in a page's order is an opaque token of the API's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from conformance import canonical
from registry.core.fhir.review import NECESSITY_NAMES, STATE_NAMES
from registry.core.flags import AUTISM, LEARNING_DISABILITY, NAMES, SEVERE_MENTAL_ILLNESS
from registry.core.reviews import State
from registry.core.rulebook import Rulebook

SOON = timedelta(days=14)
MUST_REVIEW = (LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS)
"""The flags that make a review a must (NHS Improvement 2017)."""
OPEN_STATUS = "requested,accepted,in-progress,on-hold"
ORDERS = {
    "due": "due,_id",
    "due-last": "-due,_id",
    "changed": "-_lastUpdated",
    "unchanged": "_lastUpdated",
}
DEFAULT_ORDER = "due"
OPEN = "open"
PAGE = "page"
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a filter can be set to, and its words."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: its name in the address, its words, and what it can be set to; the first is what
    it is without being set."""

    name: str
    words: str
    choices: tuple[Choice, ...]

    @property
    def unset(self) -> str:
        """What it is where the address does not name it."""
        return self.choices[0].value

    def takes(self, value: str) -> bool:
        """Takes a value; True if it can be set to it."""
        return any(one.value == value for one in self.choices)


def filters(rulebook: Rulebook) -> tuple[Filter, ...]:
    """Takes the national rules; returns the filters, in the order in which they are shown."""
    routes = [Choice(one.code, one.name) for one in rulebook.routes]
    criteria = [Choice(one.code, one.sentence.rstrip(".")) for one in rulebook.criteria]
    states = [Choice(one.value, _state_words(one)) for one in State]
    necessities = [Choice(one.value, words) for one, words in NECESSITY_NAMES.items()]
    anything = Choice("", "All")
    return (
        Filter("route", "Kind of review", (anything, *routes)),
        Filter(
            "state",
            "Where it stands",
            (Choice(OPEN, "All that are open"), Choice("any", "All"), *states),
        ),
        Filter("necessity", "How far it is needed", (anything, *necessities)),
        Filter(
            "lead",
            "Led by, or proposed to",
            (
                anything,
                Choice("us", "Your organisation"),
                Choice("others", "Another organisation"),
                Choice("nobody", "Nobody"),
            ),
        ),
        Filter(
            "due",
            "Due",
            (
                anything,
                Choice("overdue", "Overdue"),
                Choice("soon", f"In the next {SOON.days} days"),
            ),
        ),
        Filter("reason", "Why it must be done", (anything, *criteria)),
        Filter(
            "flag",
            "Flag on the person",
            (
                anything,
                *(Choice(code, NAMES[code]) for code in MUST_REVIEW),
                Choice("either", "Either of these two"),
                Choice(AUTISM, NAMES[AUTISM]),
                Choice("possible", "Possible, to be confirmed"),
            ),
        ),
        Filter(
            "order",
            "In the order of",
            (
                Choice(DEFAULT_ORDER, "Due date, earliest first"),
                Choice("due-last", "Due date, latest first"),
                Choice("changed", "Last change, newest first"),
                Choice("unchanged", "Last change, oldest first"),
            ),
        ),
    )


def _state_words(state: State) -> str:
    if state is State.OUT_OF_SCOPE:
        return "Lead accepted, no longer in scope"
    return STATE_NAMES[state]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: the filters that are set, by name; the token of the page, '' for
    the first; and the names of what was left aside because no filter knows it."""

    chosen: tuple[tuple[str, str], ...] = ()
    page: str = ""
    ignored: tuple[str, ...] = ()

    def value(self, one: Filter) -> str:
        """Takes a filter; returns what it is set to."""
        return dict(self.chosen).get(one.name, one.unset)

    @property
    def query(self) -> str:
        """The address's query: only filters that are set, and the page."""
        return urlencode([*self.chosen, *([(PAGE, self.page)] if self.page else [])])

    def at(self, page: str) -> Asked:
        """Takes the token of a page; returns the same for that page."""
        return replace(self, page=page)


def asked(known: Iterable[Filter], said: Mapping[str, str]) -> Asked:
    """Takes the filters and the parameters of an address; returns what it asks for. What no filter
    knows is left aside and named."""
    by_name = {one.name: one for one in known}
    chosen: list[tuple[str, str]] = []
    ignored: list[str] = []
    for name, one in by_name.items():
        value = said.get(name)
        if value is None or value == one.unset:
            continue
        if one.takes(value):
            chosen.append((name, value))
        else:
            ignored.append(one.words)
    if any(name not in by_name and name != PAGE for name in said):
        ignored.append("a filter that this page does not have")
    return Asked(tuple(chosen), said.get(PAGE, ""), tuple(ignored))


def search(one: Asked, organisation: str, today: date, size: int) -> list[tuple[str, str]]:
    """Takes what is asked for, whose worklist it is, the date in London, and how many reviews on a
    page; returns the parameters of the search of Task."""
    said = dict(one.chosen)
    order = ORDERS[said.get("order", DEFAULT_ORDER)]
    return [
        ("code", f"{canonical.REVIEW_ROUTE}|{said.get('route', '')}"),
        *_state(said.get("state", OPEN)),
        *((name, said[key]) for name, key in _AS_THEY_ARE if key in said),
        *_lead(said.get("lead", ""), organisation),
        *_due(said.get("due", ""), today),
        *_flag(said.get("flag", "")),
        ("_sort", order),
        ("_count", str(size)),
        ("_include", "Task:patient"),
    ]


_AS_THEY_ARE = (("necessity", "necessity"), ("criterion", "reason"))


def _state(value: str) -> list[tuple[str, str]]:
    if value == "any":
        return []
    if value == OPEN:
        return [("status", OPEN_STATUS)]
    return [("business-status", f"{canonical.REVIEW_STATE}|{value}")]


def _lead(value: str, organisation: str) -> list[tuple[str, str]]:
    match value:
        case "us":
            return [("owner", f"Organization/{organisation}")]
        case "others":
            return [("owner:missing", "false"), ("owner:not", f"Organization/{organisation}")]
        case "nobody":
            return [("owner:missing", "true")]
        case _:
            return []


def _due(value: str, today: date) -> list[tuple[str, str]]:
    match value:
        case "overdue":
            return [("due", f"lt{today.isoformat()}")]
        case "soon":
            until = today + SOON
            return [("due", f"ge{today.isoformat()}"), ("due", f"le{until.isoformat()}")]
        case _:
            return []


def _flag(value: str) -> list[tuple[str, str]]:
    if not value:
        return []
    groups = {"either": MUST_REVIEW, "possible": tuple(f"possible-{code}" for code in NAMES)}
    codes = (f"{canonical.FLAG_CODE}|{code}" for code in groups.get(value, (value,)))
    return [("patient._has:Flag:patient:code", ",".join(codes))]
