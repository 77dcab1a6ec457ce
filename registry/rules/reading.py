"""Reads the rules from their YAML files; a mistake is named with file, line and what is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from registry.core import conditions, leads
from registry.core.concern import AlarmKind, ConcernKind, Recommendation
from registry.core.conditions import Condition
from registry.core.flags import NAMES
from registry.core.leads import LeadRule, Selection
from registry.core.policy import Period, ScopeRule
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.rulebook import Criterion, Due, Route, Rulebook, TypedScopeRule
from registry.core.spells import Kind
from registry.directory.organisation import TYPES, OrganisationType, is_type
from yaml_source import Source, open_source

FOLDER = Path(__file__).parent
Code = TypeVar("Code", bound=StrEnum)

_MATERNITY = "maternity-stay-within"
_PERIOD = re.compile(r"(\d{1,3}) (day|month)s?")
_WORKING_DAYS = re.compile(r"(\d{1,3}) working days?")
_PLACES = re.compile(r"\{[^{}]*\}|[{}]")
# NHS Data Dictionary, METHOD OF ADMISSION.
_ADMISSION_METHOD = re.compile(r"[0-9][0-9A-Z]")
_SCOPE_KEYS = ("types", "stays", "maternity", "within", "source")
_CRITERION_KEYS = ("sentence", "when", "must", "source")
_ROUTE_KEYS = (
    "name",
    "when",
    "screened",
    "criteria",
    "leads",
    "accept",
    "complete",
    "source",
    "notes",
)


@lru_cache(maxsize=1)
def national() -> Rulebook:
    """The national rules, read once."""
    return read(FOLDER)


def read(folder: Path) -> Rulebook:
    """Takes a folder with scope.yaml, criteria.yaml, leads.yaml and routes.yaml; returns the rules
    in them. SourceError where one cannot be used."""
    rules = {
        code: _lead_rule(code, source)
        for code, source in open_source(folder / "leads.yaml").table().items()
    }
    routes = open_source(folder / "routes.yaml")
    routes.need(CASE_RECORD_REVIEW)
    return Rulebook(
        scope=tuple(
            _typed_scope_rule(name, source)
            for name, source in open_source(folder / "scope.yaml").table().items()
        ),
        criteria=tuple(
            _criterion(code, source)
            for code, source in open_source(folder / "criteria.yaml").table().items()
        ),
        routes=tuple(_route(code, source, rules) for code, source in routes.table().items()),
        maternity_days=_maternity_days(routes),
    )


def _maternity_days(source: Source) -> int:
    """The most days after a maternity stay that any condition below asks about."""
    if source.is_table:
        found = (
            _number(value) if key == _MATERNITY else _maternity_days(value)
            for key, value in source.table().items()
        )
        return max(found, default=0)
    return max(map(_maternity_days, source.rows()), default=0) if source.is_list else 0


def read_scope_rule(name: str, source: Source) -> ScopeRule:
    """Takes a rule's name and its table (`stays`, `within`, `source`); returns the rule."""
    return ScopeRule(
        name=name,
        stays=frozenset(_kinds(source.need("stays"))),
        within=read_period(source.need("within")),
        source=_words(source.need("source")),
        is_maternity="maternity" in source.table() and _yes(source.need("maternity")),
    )


def _kinds(source: Source) -> list[Kind]:
    kinds = _codes(source, Kind)
    if not kinds or Kind.PLANNED in kinds:
        raise source.error("expected kinds of stays that took place, such as [emergency, contact]")
    return kinds


def read_period(source: Source) -> Period:
    """Takes a text such as `30 days` or `6 months`; returns the period."""
    match = _PERIOD.fullmatch(source.text())
    if match is None:
        raise source.error("expected a number of days or months, such as '30 days'")
    number = int(match.group(1))
    return Period(days=number) if match.group(2) == "day" else Period(months=number)


def _typed_scope_rule(name: str, source: Source) -> TypedScopeRule:
    entries = source.only(*_SCOPE_KEYS)
    types = _types(entries["types"]) if "types" in entries else []
    return TypedScopeRule(frozenset(types), read_scope_rule(name, source))


def _criterion(code: str, source: Source) -> Criterion:
    source.only(*_CRITERION_KEYS)
    return Criterion(
        code=code,
        sentence=_words(source.need("sentence")),
        when=read_condition(source.need("when")),
        is_must=_yes(source.need("must")),
        source=_words(source.need("source")),
    )


def _lead_rule(code: str, source: Source) -> LeadRule:
    source.only("select", "sentence")
    sentence = source.need("sentence")
    if set(_PLACES.findall(sentence.text())) != {"{organisation}"}:
        raise sentence.error("expected {organisation}, where the name will stand, and no other { }")
    return LeadRule(code, _selection(source.need("select")), sentence.text())


_SELECTIONS: dict[str, Selection] = {
    "died-in-stay": leads.died_in_stay,
    "discharged": leads.discharged,
    "had-contact": leads.had_contact,
    "gave-maternity-care": leads.gave_maternity_care,
    "area-icb": leads.area_icb,
}


def _selection(source: Source) -> Selection:
    if source.is_table:
        source.only("in-scope-of-type")
        return leads.in_scope_of_type(_types(source.need("in-scope-of-type")))
    if source.text() not in _SELECTIONS:
        raise source.error(f"expected one of {', '.join(_SELECTIONS)}, or in-scope-of-type")
    return _SELECTIONS[source.text()]


def _route(code: str, source: Source, rules: dict[str, LeadRule]) -> Route:
    entries = source.only(*_ROUTE_KEYS)
    return Route(
        code=code,
        name=_words(source.need("name")),
        when=read_condition(source.need("when")),
        is_screened="screened" in entries and _yes(entries["screened"]),
        has_criteria="criteria" not in entries or _criteria(entries["criteria"]),
        leads=_rules_named(source.need("leads"), rules),
        due=_due(source),
        source=_words(source.need("source")),
        notes=tuple(_note(row) for row in entries["notes"].rows()) if "notes" in entries else (),
    )


def _criteria(source: Source) -> bool:
    if source.text() != "none":
        raise source.error("expected 'none', or no 'criteria': then all of criteria.yaml count")
    return False


def _rules_named(source: Source, rules: dict[str, LeadRule]) -> tuple[LeadRule, ...]:
    named = tuple(_rule_named(row, rules) for row in source.rows())
    if not named:
        raise source.error(f"expected at least one rule of leads.yaml: {', '.join(rules)}")
    return named


def _rule_named(source: Source, rules: dict[str, LeadRule]) -> LeadRule:
    if source.text() not in rules:
        raise source.error(f"expected a rule of leads.yaml: {', '.join(rules)}")
    return rules[source.text()]


def _note(source: Source) -> tuple[Condition, str]:
    source.only("when", "say")
    return read_condition(source.need("when")), _words(source.need("say"))


def _due(source: Source) -> Due:
    accept, complete = source.need("accept"), source.need("complete")
    working_days = _WORKING_DAYS.fullmatch(complete.text())
    if working_days:
        return Due(_working_days(accept), complete_working_days=int(working_days.group(1)))
    months = read_period(complete).months
    if not months:
        raise complete.error("expected working days or months, such as '60 working days'")
    return Due(_working_days(accept), complete_months=months)


def _working_days(source: Source) -> int:
    match = _WORKING_DAYS.fullmatch(source.text())
    if match is None:
        raise source.error("expected working days, such as '5 working days'")
    return int(match.group(1))


def read_condition(source: Source) -> Condition:
    """Takes a table with one entry, the name of a condition and what it asks; returns it."""
    entries = source.table()
    if len(entries) != 1:
        raise source.error("expected one condition; join several with 'all' or 'any'")
    ((name, asked),) = entries.items()
    if name not in _CONDITIONS:
        raise source.error(f"'{name}' is no condition; expected {', '.join(_CONDITIONS)}")
    return _CONDITIONS[name](asked)


def _words(source: Source) -> str:
    if not source.text():
        raise source.error("expected words for people to read")
    return source.text()


def _each(source: Source) -> Iterable[Condition]:
    return [read_condition(row) for row in source.rows()]


def _number(source: Source) -> int:
    if not source.text().isdecimal():
        raise source.error("expected a whole number")
    return int(source.text())


def _yes(source: Source) -> bool:
    if source.text() not in ("yes", "no"):
        raise source.error("expected yes or no")
    return source.text() == "yes"


def _when_yes(condition: Condition) -> Callable[[Source], Condition]:
    return lambda source: condition if _yes(source) else conditions.not_(condition)


def _flag(source: Source) -> str:
    if source.text() not in NAMES:
        raise source.error(f"expected a flag: {', '.join(NAMES)}")
    return source.text()


def _admission_method(source: Source) -> str:
    if not _ADMISSION_METHOD.fullmatch(source.text()):
        raise source.error("expected an admission method of two characters, such as '11' or '2A'")
    return source.text()


def _types(source: Source) -> list[OrganisationType]:
    return [_type(row) for row in source.rows()]


def _type(source: Source) -> OrganisationType:
    text = source.text()
    if not is_type(text):
        raise source.error(f"expected a type of organisation: {', '.join(TYPES)}")
    return text


def _codes(source: Source, known: type[Code]) -> list[Code]:
    return [_code(row, known) for row in source.rows()]


def _code(source: Source, known: type[Code]) -> Code:
    try:
        return known(source.text())
    except ValueError:
        raise source.error(f"expected one of {', '.join(known)}") from None


_CONDITIONS: dict[str, Callable[[Source], Condition]] = {
    "all": lambda s: conditions.all_of(_each(s)),
    "any": lambda s: conditions.any_of(_each(s)),
    "not": lambda s: conditions.not_(read_condition(s)),
    "flag": lambda s: conditions.flag(_flag(s)),
    "age-at-least": lambda s: conditions.age_at_least(_number(s)),
    "age-in-days-at-most": lambda s: conditions.age_in_days_at_most(_number(s)),
    "stillbirth": _when_yes(conditions.stillbirth()),
    "died-after-admission-by": lambda s: conditions.died_after_admission_by(
        [_admission_method(row) for row in s.rows()]
    ),
    _MATERNITY: lambda s: conditions.maternity_stay_within(_number(s)),
    "concern": lambda s: conditions.concern(_codes(s, ConcernKind)),
    "recommended": lambda s: conditions.recommended(_codes(s, Recommendation)),
    "alarm": lambda s: conditions.alarm(_code(s, AlarmKind)),
    "sampled": _when_yes(conditions.sampled()),
    "judged-due-to-problems": _when_yes(conditions.judged_due_to_problems()),
    "died-in-care": _when_yes(conditions.died_in_care()),
    "also-in-scope": lambda s: conditions.also_in_scope(_types(s)),
}
