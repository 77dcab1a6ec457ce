"""Writes a return or a Quality Account as an HTML document: for reading, for screen readers and for
print. No script, no style in the document itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nhs.london_time import LONDON
from registry.directory.organisation import Organisation
from registry.returns import wording
from registry.returns.account_items import WORDS
from registry.returns.chart_svg import control_chart_svg, notable, run_chart_svg
from registry.returns.control_chart import ControlChart
from registry.returns.count import Version
from registry.returns.definitions import MEASURES, NOT_CERTAIN, POPULATIONS
from registry.returns.quality_account import QualityAccount
from registry.returns.quarterly import QuarterlyReturn, updates
from registry.returns.run_chart import RunChart
from registry.returns.signals import Rule

_FOLDER = Path(__file__).parent / "templates"
STYLESHEET = _FOLDER / "return.css"

Chart = ControlChart | RunChart


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A chart as the template needs it: the drawing, and the same in words and rows."""

    title: str
    kind: str
    svg: Markup
    notes: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]


def quarterly_page(
    one: QuarterlyReturn,
    stylesheet: str,
    published: QuarterlyReturn | None = None,
    charts: Sequence[Chart] = (),
    *,
    is_embedded: bool = False,
) -> str:
    """Takes a return, the address of the stylesheet, the return as published before, charts of the
    same organisation, and whether it stands in a page that has its own heading; returns the
    document, or what stands below that heading. ValueError where the charts are of another."""
    _must_be_of(one.organisation, charts)
    changed = () if published is None else updates(published, one)
    return _render(
        "quarterly.html.jinja",
        one,
        stylesheet,
        counts={figure.code: figure.count for figure in one.figures},
        populations=POPULATIONS,
        measures=MEASURES,
        not_certain=NOT_CERTAIN,
        published_at=None if published is None else _spoken(published.known_at),
        updates={update.figure.code: update for update in changed},
        charts=[_drawn(chart, f"chart-{number}") for number, chart in enumerate(charts, 1)],
        is_embedded=is_embedded,
    )


def account_page(one: QualityAccount, stylesheet: str, *, is_embedded: bool = False) -> str:
    """Takes a Quality Account, the address of the stylesheet, and whether it stands in another
    page; returns the document, or what stands below that page's heading."""
    return _render("account.html.jinja", one, stylesheet, words=WORDS, is_embedded=is_embedded)


def _render(
    template: str, one: QuarterlyReturn | QualityAccount, stylesheet: str, **values: object
) -> str:
    is_public = one.version is Version.PUBLIC
    return (
        _templates()
        .get_template(template)
        .render(
            document=one,
            stylesheet=stylesheet,
            known_at=_spoken(one.known_at),
            caveat=wording.CAVEAT,
            caveat_source=wording.CAVEAT_SOURCE,
            note=wording.DISCLOSURE_NOTE if is_public else wording.OWN_NOTE,
            note_source=wording.DISCLOSURE_SOURCE if is_public else None,
            **values,
        )
    )


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _must_be_of(organisation: Organisation, charts: Sequence[Chart]) -> None:
    if any(chart.series.organisation.ods != organisation.ods for chart in charts):
        raise ValueError("a return shows charts of its own organisation only")


def _spoken(moment: datetime) -> str:
    here = moment.astimezone(LONDON)
    return f"{here.day} {here:%B %Y, %H:%M}"


def _drawn(chart: Chart, name: str) -> _Drawn:
    marked = notable(chart.signals)
    rows = tuple(
        (point.label, f"{point.value:g}", "; ".join(marked.get(index, ())) or "no")
        for index, point in enumerate(chart.series.points)
    )
    if isinstance(chart, ControlChart):
        svg, kind, notes = control_chart_svg(chart, name), "XmR chart", _limits(chart)
    else:
        svg, kind, notes = run_chart_svg(chart, name), "run chart", _runs(chart)
    # Our own drawing, in which ElementTree escaped all text.
    return _Drawn(chart.series.title, kind, Markup(svg), notes, rows)  # noqa: S704


def _limits(chart: ControlChart) -> tuple[str, ...]:
    notes = [f"Mean {chart.mean:.1f}, upper process limit {chart.upper:.1f}."]
    if chart.lower > 0:
        notes.append(f"Lower process limit {chart.lower:.1f}.")
    else:
        notes.append("There is no lower process limit: it would lie below 0.")
    if not chart.is_settled:
        notes.append("There are too few points to trust the limits yet.")
    return (*notes, _rules(chart))


def _runs(chart: RunChart) -> tuple[str, ...]:
    notes = [f"Median {chart.median:g}."]
    if chart.runs is not None:
        verdict = "a signal" if chart.runs.is_signal else "as chance would have it"
        expected = f"{chart.runs.fewest} to {chart.runs.most} expected"
        notes.append(f"{chart.runs.number} runs about the median, {expected}: {verdict}.")
    return (*notes, _rules(chart))


def _rules(chart: Chart) -> str:
    met = {signal.rule for signal in chart.signals}
    found = [rule.value for rule in Rule if rule in met]
    return f"Rules met: {'; '.join(found) or 'none'}."
