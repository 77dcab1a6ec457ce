"""What a search asks of a resource, as SQL: the one place where search criteria become SQL.

A condition is written over `resource` as `r` (`r.searched` is its content as jsonb), and
`{moment}`, when it last changed. Paths are jsonpath below the resource, from the table of search
parameters: never from a caller, whose values are always bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from nhs.london_time import LONDON, london_date

Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
Form = Literal["concept", "coding", "identifier", "code"]
TextMatch = Literal["starts", "exact", "contains"]


class Binder:
    """Gives each bound value a name of its own in one statement."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def bind(self, value: Any) -> str:
        """Takes a value; returns the placeholder that stands for it."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


Condition = Callable[[Binder], str]
_CODED: dict[Form, tuple[str, str]] = {
    "concept": (".coding", "code"),
    "coding": ("", "code"),
    "identifier": ("", "value"),
}


def nothing(_: Binder) -> str:
    """The condition that no resource meets."""
    return "false"


def any_of(conditions: Sequence[Condition]) -> Condition:
    """Takes conditions; returns the one that holds where any of them does."""
    return lambda binder: "(" + " OR ".join(one(binder) for one in conditions) + ")"


def all_of(conditions: Sequence[Condition]) -> Condition:
    """Takes conditions; returns the one that holds where each of them does."""
    return lambda binder: "(" + " AND ".join(one(binder) for one in conditions) + ")"


def negated(condition: Condition) -> Condition:
    """Takes a condition; returns its opposite, which also holds where there is no value."""
    return lambda binder: f"NOT coalesce({condition(binder)}, false)"


def column_is(column: str, value: str) -> Condition:
    """Takes a column of `resource` and a value; returns that they are equal."""
    return lambda binder: f"r.{column} = {binder.bind(value)}"


def coded(path: str, form: Form, system: str | None, code: str | None, of: str = "r") -> Condition:
    """Takes a path to a code, Coding, CodeableConcept or Identifier, with a system (None: any;
    empty: none) and a code (None: any of the system), and the name that the resource has in the
    statement; returns that they match."""
    if form == "code":
        return lambda binder: _exists(f"$.{path} ? (@ == $c)", {"c": code}, binder, of)
    below, name = _CODED[form]
    tests = [f"@.{name} == $c"] if code is not None else []
    if system:
        tests.append("@.system == $s")
    elif system == "":
        tests.append("!exists(@.system)")
    wanted = f"$.{path}{below} ? ({' && '.join(tests)})"
    names = {"c": code, "s": system or None}
    return lambda binder: _exists(wanted, {k: v for k, v in names.items() if v}, binder, of)


def coded_input(kind: str, system: str | None, code: str | None) -> Condition:
    """Takes a kind of Task.input and a system and code as for `coded`; returns that the Task has
    an input of the kind with it. Inputs are long, so they are read from the text when asked for."""
    tests = [f"@.{name} == ${name[0]}" for name, v in (("code", code), ("system", system)) if v]
    if system == "":
        tests.append("!exists(@.system)")
    given = f" ? ({' && '.join(tests)})" if tests else ""
    return lambda binder: (
        "jsonb_path_exists(r.content::jsonb, '$.input ? (@.type.coding.code == $k)"
        f".valueCodeableConcept.coding{given}', jsonb_build_object("
        f"'k', {binder.bind(kind)}::text, 'c', {binder.bind(code)}::text,"
        f" 's', {binder.bind(system)}::text))"
    )


def has_input(kind: str, wanted_missing: bool) -> Condition:
    """Takes a kind of Task.input and whether it is to be missing; returns that it is, or is not."""
    there = coded_input(kind, None, None)
    return negated(there) if wanted_missing else there


def identified(path: str, system: str | None, value: str | None) -> Condition:
    """Takes a path to the resource's own identifiers, a system and a value; like `coded`, by the
    index of identifiers."""
    exact = coded(path, "identifier", system, value)
    if value is None:
        return exact
    return lambda binder: (
        "((r.type, r.id) IN (SELECT f.type, f.id"
        f" FROM readable_by_identifier({binder.bind(value)}) AS f) AND {exact(binder)})"
    )


def is_true(path: str, wanted: bool) -> Condition:
    """Takes a path to a boolean; returns that it has the wanted value."""
    word = "true" if wanted else "false"
    return lambda binder: _exists(f"$.{path} ? (@ == {word})", {}, binder)


def says_dead(wanted: bool) -> Condition:
    """Takes whether Patient.deceased is to be there: a dateTime, or true (R4: `deceased.exists()
    and deceased != false`)."""
    said = (
        "(r.searched ? 'deceasedDateTime'"
        " OR coalesce((r.searched -> 'deceasedBoolean')::bool, false))"
    )
    return lambda _: said if wanted else f"NOT {said}"


def refers(path: str, references: Sequence[str]) -> Condition:
    """Takes a path to References and references of one form `Type/id`; returns that one of them
    is there."""
    return lambda binder: (
        f"EXISTS (SELECT FROM jsonb_path_query(r.searched, '$.{path}.reference') AS found (value)"
        f" WHERE found.value #>> '{{}}' = ANY({binder.bind(list(references))}::text[]))"
    )


def about_the_same(keys: Sequence[tuple[str, str]]) -> Condition:
    """Takes types and ids of resources; returns that it is about the person of one of them."""
    types, ids = [key[0] for key in keys], [key[1] for key in keys]
    return lambda binder: (
        "r.person IN (SELECT o.person FROM resource AS o"
        f" JOIN unnest({binder.bind(types)}::text[], {binder.bind(ids)}::text[]) AS k (type, id)"
        " ON o.type = k.type AND o.id = k.id)"
    )


def person_known_as(column: str, system: str, value: str) -> Condition:
    """Takes the column that holds the person and an identifier; returns that it is theirs."""
    return lambda binder: (
        f"r.{column} IN (SELECT p.person FROM person_identifier AS p"
        f" WHERE p.system = {binder.bind(system)} AND p.value = {binder.bind(value)})"
    )


def person_is_flagged(column: str, wanted: Sequence[tuple[str | None, str | None]]) -> Condition:
    """Takes the column that holds the person, and systems and codes as for `coded`; returns that
    they have a flag in force, among those the reader may read, with one of them."""

    def condition(binder: Binder) -> str:
        codes = " OR ".join(
            coded("code", "concept", system, code, of="f")(binder) for system, code in wanted
        )
        # From the flags that may be read to their people: few have one.
        return (
            f"r.{column} IN (SELECT f.person FROM readable AS g"
            " JOIN resource AS f ON f.type = g.type AND f.id = g.id"
            " WHERE g.organisation = app_organisation() AND g.type = 'Flag'"
            f" AND f.status = 'active' AND ({codes}))"
        )

    return condition


def refers_to_person_known_as(path: str, system: str, value: str) -> Condition:
    """Takes a path to References and a person's identifier; returns that one is to them."""
    return lambda binder: (
        f"EXISTS (SELECT FROM jsonb_path_query(r.searched, '$.{path}.reference') AS found (value)"
        " JOIN person_identifier AS p ON found.value #>> '{}' = 'Patient/' || p.person"
        f" WHERE p.system = {binder.bind(system)} AND p.value = {binder.bind(value)})"
    )


def text_is(path: str, how: TextMatch, text: str) -> Condition:
    """Takes a path to strings and how to compare: by its beginning or a part of it (without
    regard to case), or exactly."""
    found = f"jsonb_path_query(r.searched, '$.{path}') AS found (value)"
    if how == "exact":
        return lambda binder: (
            f"EXISTS (SELECT FROM {found} WHERE found.value #>> '{{}}' = {binder.bind(text)})"
        )
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"{escaped}%" if how == "starts" else f"%{escaped}%"
    return lambda binder: (
        f"EXISTS (SELECT FROM {found} WHERE found.value #>> '{{}}' ILIKE {binder.bind(pattern)})"
    )


def is_present(paths: Sequence[str], wanted: bool) -> Condition:
    """Takes paths; returns that there is (or is not) something at any of them."""
    found = " OR ".join(f"jsonb_path_exists(r.searched, '$.{path}')" for path in paths)
    return lambda _: f"({found})" if wanted else f"NOT ({found})"


def dated(path: str, prefix: Prefix, low: datetime, high: datetime) -> Condition:
    """Takes a path to dates or Periods and a search value as the moments from low up to high;
    returns that they compare as the prefix says (FHIR R4, search, prefixes)."""

    def condition(binder: Binder) -> str:
        test = _compare(prefix, "at_low", "at_high", binder.bind(low), binder.bind(high))
        return (
            "EXISTS (SELECT FROM (SELECT moment_low(found.value) AS at_low,"
            " moment_high(found.value) AS at_high"
            f" FROM jsonb_path_query(r.searched, '$.{path}') AS found (value)) AS said"
            f" WHERE {test})"
        )

    return condition


def changed(prefix: Prefix, low: datetime, high: datetime) -> Condition:
    """Takes moments from low up to high; returns how the last change compares with them."""
    tests: dict[str, str] = {
        "eq": "{{moment}} >= {low} AND {{moment}} < {high}",
        "ap": "{{moment}} >= {low} AND {{moment}} < {high}",
        "ne": "({{moment}} < {low} OR {{moment}} >= {high})",
        "gt": "{{moment}} >= {high}",
        "sa": "{{moment}} >= {high}",
        "lt": "{{moment}} < {low}",
        "eb": "{{moment}} < {low}",
        "ge": "{{moment}} >= {low}",
        "le": "{{moment}} < {high}",
    }

    def condition(binder: Binder) -> str:
        test = tests[prefix]
        bound = {
            name: binder.bind(value)
            for name, value in (("low", low), ("high", high))
            if f"{{{name}}}" in test
        }
        return "(" + test.format(**bound) + ")"

    return condition


def due(prefix: Prefix, low: datetime, high: datetime) -> Condition:
    """Takes moments from low up to high; returns how the day on which a Task is due, London's,
    compares with them, by its column."""
    tests = {
        "eq": "r.due >= {from_low} AND r.due < {to_high}",
        "ne": "NOT (r.due >= {from_low} AND r.due < {to_high})",
        "gt": "r.due >= {to_high}",
        "lt": "r.due < {from_low}",
        "ge": "(r.due >= {to_high} OR (r.due >= {from_low} AND r.due < {to_high}))",
        "le": "(r.due < {from_low} OR (r.due >= {from_low} AND r.due < {to_high}))",
        "sa": "r.due >= {from_high}",
        "eb": "r.due < {to_low}",
        "ap": "r.due >= {to_low} AND r.due < {from_high}",
    }
    days = {
        "from_low": _first_day_from(low),
        "from_high": _first_day_from(high),
        "to_low": london_date(low),
        "to_high": london_date(high),
    }

    def condition(binder: Binder) -> str:
        test = tests[prefix]
        used = {n: binder.bind(day) for n, day in days.items() if f"{{{n}}}" in test}
        return f"({test.format(**used)})"

    return condition


def is_offered(*, wanted: bool) -> Condition:
    """Takes whether the lead is to be on offer to somebody; returns that it is (or is not)."""
    return lambda _: f"r.offered_to IS {'NOT ' if wanted else ''}NULL"


def _first_day_from(moment: datetime) -> date:
    """The first London date that begins at the moment or after it."""
    on = london_date(moment)
    begins = datetime.combine(on, time.min, LONDON)
    return on if begins >= moment else on + timedelta(days=1)


def _compare(prefix: Prefix, at_low: str, at_high: str, low: str, high: str) -> str:
    inside = f"({at_low} >= {low} AND {at_high} <= {high})"
    return {
        "eq": inside,
        "ne": f"NOT {inside}",
        "gt": f"{at_high} > {high}",
        "lt": f"{at_low} < {low}",
        "ge": f"({at_high} > {high} OR {inside})",
        "le": f"({at_low} < {low} OR {inside})",
        "sa": f"{at_low} >= {high}",
        "eb": f"{at_high} <= {low}",
        "ap": f"({at_low} < {high} AND {at_high} > {low})",
    }[prefix]


def _exists(path: str, names: dict[str, str | None], binder: Binder, of: str = "r") -> str:
    if not names:
        return f"jsonb_path_exists({of}.searched, '{path}')"
    pairs = ", ".join(f"'{name}', {binder.bind(value)}::text" for name, value in names.items())
    return f"jsonb_path_exists({of}.searched, '{path}', jsonb_build_object({pairs}))"
