"""The comparison as the tables of docs/side-by-side.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.side_by_side.cases import NOTHING, Verdict
from conformance.side_by_side.comparison import Event, Judged, Used

MARKS = {
    name: (
        f"<!-- {name}: written by `python -m conformance.side_by_side --write`. -->",
        "<!-- End. -->",
    )
    for name in ("facts", "segments", "events")
}


def facts(rows: Iterable[Judged]) -> str:
    """Takes judged facts; returns the tables of them: by segment, then each that either of the
    two did not keep."""
    listed = list(rows)
    lines = ["| segment | facts | we keep | LinuxForHealth keeps | loses | gets wrong | refuses |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    segments = dict.fromkeys(sorted(_segment(row) for row in listed))
    for segment in segments:
        lines.append(_count(segment, [row for row in listed if _segment(row) == segment]))
    lines.append(_count("all", listed))
    lines += ["", "| message | field | right | LinuxForHealth | it says | |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    kept = (Verdict.KEPT, Verdict.KEPT)
    lines += [_differing(row) for row in listed if (row.ours, row.theirs) != kept]
    return "\n".join(lines)


def segments(fields: Sequence[Used]) -> str:
    """Takes the fields of a corpus; returns the table of how many of each segment are used, and
    which one alone uses."""
    lines = ["| segment | fields with a value | we use | LinuxForHealth uses | only we | only it |"]
    lines.append("| --- | ---: | ---: | ---: | --- | --- |")
    for segment in dict.fromkeys(one.field.segment for one in fields):
        lines.append(_uses(segment, [one for one in fields if one.field.segment == segment]))
    total = [len(fields), sum(one.by_us for one in fields), sum(one.by_them for one in fields)]
    lines.append(f"| all | {' | '.join(map(str, total))} | | |")
    return "\n".join(lines)


def events(found: Sequence[Event], least: int = 2) -> str:
    """Takes trigger events; returns the table of how many messages each takes. Those with fewer
    messages than `least` are one line together."""
    rare = [one for one in found if one.messages < least]
    lines = ["| event | messages | we convert | LinuxForHealth converts |"]
    lines.append("| --- | ---: | ---: | ---: |")
    lines += [_event(one) for one in found if one.messages >= least]
    if rare:
        lines.append(_event(_together(f"{len(rare)} others", rare)))
    lines.append(_event(_together("all", found)))
    return "\n".join(lines)


def written_into(page: str, name: str, table: str) -> str:
    """Takes the page, the name of a table and the table; returns the page with it between its
    marks."""
    begin, end = MARKS[name]
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def _segment(row: Judged) -> str:
    return row.fact.field.partition("-")[0]


def _count(name: str, rows: Sequence[Judged]) -> str:
    ours = sum(row.ours is Verdict.KEPT for row in rows)
    theirs = [sum(row.theirs is verdict for row in rows) for verdict in Verdict]
    return f"| {name} | {len(rows)} | {ours} | {' | '.join(map(str, theirs))} |"


def _differing(row: Judged) -> str:
    right = " or ".join(row.fact.right).replace(NOTHING, "nothing at all")
    theirs = row.theirs.value
    if row.ours is not Verdict.KEPT:
        theirs = f"{theirs} (we: {row.ours.value})"
    said = f"`{row.they_say}`" if row.they_say else ""
    return f"| {row.case} | {row.fact.field} | `{right}` | {theirs} | {said} | {row.fact.why} |"


def _uses(name: str, fields: Sequence[Used]) -> str:
    us, them = (sum(used) for used in zip(*((f.by_us, f.by_them) for f in fields), strict=True))
    only_we = [str(one.field.number) for one in fields if one.by_us and not one.by_them]
    only_it = [str(one.field.number) for one in fields if one.by_them and not one.by_us]
    only = f"{', '.join(only_we)} | {', '.join(only_it)}"
    return f"| {name} | {len(fields)} | {us} | {them} | {only} |"


def _together(name: str, found: Sequence[Event]) -> Event:
    return Event(
        name,
        sum(one.messages for one in found),
        sum(one.by_us for one in found),
        sum(one.by_them for one in found),
    )


def _event(one: Event) -> str:
    return f"| {one.name} | {one.messages} | {one.by_us} | {one.by_them} |"
