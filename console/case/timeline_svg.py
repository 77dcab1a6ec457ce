"""The timeline as a picture: an SVG whose colours are the stylesheet's, and which the table beside
it puts into words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from console.case.timeline import Bar, Lane, Timeline

WIDTH = 760
LEFT, RIGHT = 12, 24
LABEL, BAR, GAP = 20, 14, 10
HEIGHT_OF_LANE = LABEL + BAR + GAP
AXIS = 34
TOP = 6
# At least so many days are shown, so that a death on the day of admission is no thin line.
LEAST_DAYS = 14
MOST_TICKS = 6


def drawn(timeline: Timeline) -> Markup:
    """Takes a timeline with something to draw; returns its SVG."""
    scale = _Scale(timeline)
    height = TOP + HEIGHT_OF_LANE * len(timeline.lanes) + AXIS
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "console-timeline__picture",
            "role": "img",
            "aria-labelledby": "timeline-title timeline-description",
            "viewBox": f"0 0 {WIDTH} {height}",
        },
    )
    SubElement(svg, "title", {"id": "timeline-title"}).text = "Timeline around the death"
    SubElement(svg, "desc", {"id": "timeline-description"}).text = (
        f"{len(timeline.lanes)} lines from {_words(timeline.first)} to {_words(timeline.last)}. "
        "The table after it says the same in words."
    )
    _axis(svg, scale, height)
    if timeline.death is not None:
        at = scale.at(timeline.death, 0.5)
        _line(svg, "death", at, TOP, at, height - AXIS)
    for place, lane in enumerate(timeline.lanes):
        _lane(svg, scale, lane, TOP + HEIGHT_OF_LANE * place)
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704 - built of escaped text


class _Scale:
    """Where a day stands, from left to right."""

    def __init__(self, timeline: Timeline) -> None:
        shown = (timeline.last - timeline.first).days + 1
        spare = max(0, LEAST_DAYS - shown)
        self.first = timeline.first - timedelta(days=(spare + 1) // 2)
        self.days = shown + spare
        self.last = self.first + timedelta(days=self.days - 1)
        self.death = timeline.death
        self._per_day = (WIDTH - LEFT - RIGHT) / self.days

    def at(self, on: date, part: float = 0.0) -> float:
        """Takes a day and a part of it; returns where it stands."""
        return LEFT + ((on - self.first).days + part) * self._per_day

    def ticks(self) -> Iterator[date]:
        """The days that the axis names."""
        step = max(1, -(-self.days // MOST_TICKS))
        on = self.first
        while on <= self.last:
            yield on
            on += timedelta(days=step)


def _axis(svg: Element, scale: _Scale, height: int) -> None:
    base = height - AXIS
    _line(svg, "axis", LEFT, base, WIDTH - RIGHT, base)
    for on in scale.ticks():
        at = scale.at(on)
        _line(svg, "tick", at, TOP, at, base + 5)
        _text(svg, "date", at, base + 20, _words(on))


def _lane(svg: Element, scale: _Scale, lane: Lane, top: float) -> None:
    _text(svg, "label", LEFT, top + LABEL - 6, lane.label)
    middle = top + LABEL + BAR / 2
    for bar in lane.bars:
        _bar(svg, scale, bar, top + LABEL)
    for mark in lane.marks:
        at, size = scale.at(mark.on, 0.5), BAR / 2
        points = f"{at:.1f},{middle - size} {at + size:.1f},{middle} " + (
            f"{at:.1f},{middle + size} {at - size:.1f},{middle}"
        )
        shape = {"class": f"console-timeline__mark console-timeline__mark--{mark.kind}"}
        SubElement(svg, "polygon", {**shape, "points": points})


def _bar(svg: Element, scale: _Scale, bar: Bar, top: float) -> None:
    left, right = scale.at(bar.first), scale.at(bar.last, 1.0)
    names = [f"console-timeline__bar console-timeline__bar--{bar.kind}"]
    names += ["console-timeline__bar--vague"] if bar.is_vague else []
    SubElement(
        svg,
        "rect",
        {
            "class": " ".join(names),
            "x": f"{left:.1f}",
            "y": str(top),
            "width": f"{max(right - left, 3):.1f}",
            "height": str(BAR),
        },
    )
    if bar.note and scale.death is not None:
        death = scale.at(scale.death, 0.5)
        _line(svg, "distance", right, top + BAR / 2, death, top + BAR / 2)
        if death - right > 60:
            _text(svg, "distance-text", (right + death) / 2, top - 2, bar.note, anchor="middle")


def _line(svg: Element, name: str, x1: float, y1: float, x2: float, y2: float) -> None:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    SubElement(svg, "line", {"class": f"console-timeline__{name}", **ends})


def _text(
    svg: Element, name: str, x: float, y: float, words: str, *, anchor: str = "start"
) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    SubElement(svg, "text", {"class": f"console-timeline__{name}", **place}).text = words


def _words(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
