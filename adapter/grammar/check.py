"""The strict check of one message: version, structure, segments in their order, fields."""

from __future__ import annotations

from adapter.er7 import Message
from adapter.grammar import standard
from adapter.grammar.events import structure_of
from adapter.grammar.fields import FieldCheck
from adapter.grammar.order import Order, numbered
from adapter.grammar.problem import Findings, Problem, Rule

_DEFAULT = "2.4"
"""What English systems write most; for a message that names no version."""


def check(message: Message) -> Findings:
    """Takes a message; returns every departure from the standard that it names in MSH-12."""
    notes: list[str] = []
    problems: list[Problem] = []
    version = _version(message.header.text(12), notes)
    structure = _structure(message, version, problems)
    names = numbered(segment.id for segment in message.segments)
    standing = [(name, n) for name, n in names if not _is_local(name)]
    if structure:
        place = standard.structure(structure, version)
        problems += Order(place).read(standing) if place else []
    fields = FieldCheck(version, message.delimiters)
    known = {problem.place for problem in problems if problem.rule is Rule.UNKNOWN_SEGMENT}
    for segment, (name, n) in zip(message.segments, names, strict=True):
        label = f"{name}[{n}]"
        if _is_local(name):
            notes.append(f"{label}: a local segment, not checked")
        else:
            found = fields.check(segment, label)
            problems += [one for one in found if one.place not in known]
    return Findings(version, structure, tuple(problems), tuple(notes + fields.advice))


def _is_local(name: str) -> bool:
    return name.startswith("Z")


def _version(written: str, notes: list[str]) -> str:
    """The version to check by: the one named, else the nearest that is known, with a note."""
    known = standard.versions()
    if written in known:
        return written
    asked = standard.number(written)
    if not asked:
        notes.append(f"MSH[1]-12: no version is named; checked as v{_DEFAULT}")
        return _DEFAULT
    older = [version for version in known if standard.number(version) <= asked]
    nearest = older[-1] if older else known[0]
    notes.append(f"MSH[1]-12: this version is not known here; checked as v{nearest}")
    return nearest


def _structure(message: Message, version: str, problems: list[Problem]) -> str:
    """The structure to check by: that of the event, else the one MSH-9.3 names, else ''."""
    kind, event, named = (message.header.text(9, n).upper() for n in (1, 2, 3))
    if not event and (evn := message.first("EVN")):
        event = evn.text(1).upper()
    expected = structure_of(event, version) if kind == "ADT" else ""
    fallback = next(
        (name for name in (named, f"{kind}_{event}", kind) if standard.structure(name, version)), ""
    )
    if not (expected or fallback):
        text = f"HL7 v{version} has no message structure for this type and event"
        problems.append(Problem("MSH[1]-9", Rule.STRUCTURE, text))
    elif expected and named and named != expected:
        text = f"the message structure of this event is {expected} in HL7 v{version}"
        problems.append(Problem("MSH[1]-9.3", Rule.STRUCTURE, text))
    return expected or fallback
