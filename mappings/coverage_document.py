"""Writes docs/mapping-coverage.md: a table by segment and data type, and every row of the guide."""

from __future__ import annotations

import re

from mappings.guide_coverage import Judgement, State

_INSTANCE = re.compile(r"\[[^\]]*\]")
"""The guide's marks of which instance of an element is meant; Markdown takes them for links."""
_INTRODUCTION = """# Coverage of the HL7 v2-to-FHIR guide

Each row of the [guide](https://hl7.org/fhir/uv/v2mappings/) that it maps and that an ADT message
can reach is here: **done**, by a row of `mappings/` or a rule in the file named; **not
applicable**, with the reason; or **not yet**. `python -m mappings.coverage --guide FILE` writes
this page from the mapping files and `mappings/coverage.yaml`; do not edit it by hand. A test
compares it with the code.

The guide has no map of ACC, ARV, DB1, DRG, GT1, PDA and of the ITK Z-segments; those here are ours:
[message-bundle.md](message-bundle.md).
"""


def write_document(judged: list[Judgement]) -> str:
    """Takes what became of each row; returns the page."""
    parts = [_INTRODUCTION, _summary(judged)]
    for kind, title in (("segment", "Segments"), ("datatype", "Data types")):
        parts.append(f"## {title}\n")
        own = [one for one in judged if one.row.kind == kind]
        for name in sorted({one.row.map for one in own}):
            parts.append(_listing(name, [one for one in own if one.row.map == name]))
    return "\n".join(parts)


def _summary(judged: list[Judgement]) -> str:
    lines = ["| | done | not applicable | not yet |", "| --- | ---: | ---: | ---: |"]
    for kind, title in (("segment", "segment"), ("datatype", "data type")):
        own = [one for one in judged if one.row.kind == kind]
        for group in sorted({one.row.group for one in own}):
            lines.append(_counts(f"{title} {group}", [o for o in own if o.row.group == group]))
        lines.append(_counts(f"**all {title}s**", own))
    return "\n".join(lines) + "\n"


def _counts(title: str, judged: list[Judgement]) -> str:
    counts = (str(sum(one.state is state for one in judged)) for state in State)
    return f"| {title} | {' | '.join(counts)} |"


def _listing(name: str, judged: list[Judgement]) -> str:
    lines = [f"### {name}\n", "| field | FHIR | | where or why |", "| --- | --- | --- | --- |"]
    for one in judged:
        path = _INSTANCE.sub("", one.row.path).replace("|", "\\|").replace("\n", " ").strip(".")
        lines.append(f"| {one.row.field} | `{path}` | {one.state.value} | {one.why} |")
    return "\n".join(lines) + "\n"
