"""Draws a chart as SVG: for print and for screen readers, without script or style attributes.

What stands out is told by shape and by words, not by colour alone; the page sets a table with the
same numbers beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from registry.returns.control_chart import ControlChart
from registry.returns.run_chart import RunChart
from registry.returns.series import Series
from registry.returns.signals import Signal

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 110, 20, 70
_INK, _QUIET, _NOTABLE = "#212b32", "#4c6272", "#005eb8"
_MARK = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A level line: its name, its value, and how it is dashed."""

    name: str
    value: float
    dashes: str = ""


def control_chart_svg(chart: ControlChart, name: str) -> str:
    """Takes a chart and a name that is unique in its page; returns it as an SVG element."""
    lines = [Line("mean", chart.mean), Line("upper limit", chart.upper, "6 4")]
    if chart.lower > 0:
        lines.append(Line("lower limit", chart.lower, "6 4"))
    return _draw(chart.series, lines, chart.signals, name)


def run_chart_svg(chart: RunChart, name: str) -> str:
    """Takes a chart and a name that is unique in its page; returns it as an SVG element."""
    return _draw(chart.series, [Line("median", chart.median)], chart.signals, name)


def notable(signals: Iterable[Signal]) -> dict[int, tuple[str, ...]]:
    """Takes signals; returns, for each point that meets a rule, the rules in words."""
    rules: dict[int, dict[str, None]] = {}
    for signal in signals:
        for index in signal.points:
            rules.setdefault(index, {})[signal.rule.value] = None
    return {index: tuple(rules[index]) for index in sorted(rules)}


def _draw(series: Series, lines: Sequence[Line], signals: Sequence[Signal], name: str) -> str:
    marked = notable(signals)
    highest = max([*series.values, *(line.value for line in lines), 1.0])
    step = (WIDTH - LEFT - RIGHT) / max(len(series.points) - 1, 1)

    def at(value: float) -> str:
        return f"{TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / highest):.1f}"

    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "font-family": "Arial, sans-serif",
            "font-size": "12",
        },
    )
    title = f"{series.organisation.name}, {series.title}"
    SubElement(svg, "title", {"id": f"{name}-title"}).text = title
    SubElement(svg, "desc", {"id": f"{name}-desc"}).text = _described(series, lines, marked)
    for value in (0.0, highest):
        _text(svg, LEFT - 10, at(value), f"{value:g}" if value == int(value) else f"{value:.1f}")
    for line in lines:
        level = {"x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": at(line.value)}
        look = {"stroke": _QUIET, "stroke-dasharray": line.dashes or "none"}
        SubElement(svg, "line", {**level, "y2": at(line.value), **look})
        words = f"{line.name} {line.value:.1f}"
        _text(svg, WIDTH - RIGHT + 8, at(line.value), words, anchor="start")
    xs = [f"{LEFT + step * index:.1f}" for index in range(len(series.points))]
    path = " ".join(f"{x},{at(p.value)}" for x, p in zip(xs, series.points, strict=True))
    SubElement(svg, "polyline", {"points": path, "fill": "none", "stroke": _INK})
    for index, (x, point) in enumerate(zip(xs, series.points, strict=True)):
        _mark(svg, x, at(point.value), is_notable=index in marked)
        turned = {"transform": f"rotate(-45 {x} {HEIGHT - BOTTOM + 16})"}
        _text(svg, float(x), str(HEIGHT - BOTTOM + 16), point.label, more=turned)
    return tostring(svg, encoding="unicode")


def _mark(svg: Element, x: str, y: str, *, is_notable: bool) -> None:
    if is_notable:
        corner = {"x": f"{float(x) - _MARK:.1f}", "y": f"{float(y) - _MARK:.1f}"}
        size = {"width": str(2 * _MARK), "height": str(2 * _MARK)}
        turned = f"rotate(45 {x} {y})"
        SubElement(svg, "rect", {**corner, **size, "fill": _NOTABLE, "transform": turned})
    else:
        SubElement(svg, "circle", {"cx": x, "cy": y, "r": "3.5", "fill": _INK})


def _text(
    svg: Element,
    x: float,
    y: str,
    words: str,
    anchor: str = "end",
    more: dict[str, str] | None = None,
) -> None:
    place = {"x": f"{x:.1f}", "y": y, "text-anchor": anchor, "fill": _INK, "aria-hidden": "true"}
    SubElement(svg, "text", {**place, **(more or {})}).text = words


def _described(series: Series, lines: Sequence[Line], marked: dict[int, tuple[str, ...]]) -> str:
    labels = [point.label for point in series.points]
    levels = ", ".join(f"{line.name} {line.value:.1f}" for line in lines)
    start = f"{len(labels)} points from {labels[0]} to {labels[-1]}; {levels}."
    if not marked:
        return f"{start} No point meets a rule."
    found = "; ".join(f"{labels[i]}: {', '.join(rules)}" for i, rules in marked.items())
    return f"{start} Diamonds mark points that meet a rule: {found}."
