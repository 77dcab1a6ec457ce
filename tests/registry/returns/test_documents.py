"""Returns as FHIR, as CSV and as HTML: the same numbers, with their definitions, accessible."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from io import StringIO
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from fhir.resources.R4B import get_fhir_model_class

from registry.returns import definitions as d
from registry.returns.canonical_urls import FIGURE, PREVIOUSLY_PUBLISHED
from registry.returns.chart_svg import control_chart_svg, run_chart_svg
from registry.returns.control_chart import control_chart
from registry.returns.count import Version
from registry.returns.csv_rows import HEADER, account_csv, quarterly_csv
from registry.returns.history import Deaths
from registry.returns.measure_report import account_report, quarterly_report
from registry.returns.measures import definitions
from registry.returns.page import STYLESHEET, account_page, quarterly_page
from registry.returns.periods import Quarter, quarters
from registry.returns.public import public_account, public_return
from registry.returns.quality_account import QualityAccount, quality_account
from registry.returns.quarterly import QuarterlyReturn, quarterly_return, updates
from registry.returns.run_chart import run_chart
from registry.returns.series import Series, series
from registry.returns.wording import CAVEAT
from tests.registry.returns.made import OTHER_TRUST, TRUST, death, judged, many, moment, of_trust

Q1 = Quarter.parse("2026-27-Q1")
THEN, NOW = moment("2026-08-01"), moment("2027-06-01")
CSS = "/returns/return.css"


def deaths() -> Deaths:
    """20 deaths in quarter 1, 3 of them judged; numbers in the two years before for charts."""
    early = [
        one
        for index, quarter in enumerate(quarters(Quarter.parse("2024-25-Q1"), Q1))
        if quarter != Q1
        for one in many(10 + index, f"{quarter}", death("x", quarter.first_day.isoformat()))
    ]
    reviewed = many(3, "r", death("x", "2026-05-10", judged("5")))
    return of_trust(*early, *many(17, "a", death("x")), *reviewed)


def own() -> QuarterlyReturn:
    return quarterly_return(deaths(), Q1, NOW)


def account() -> QualityAccount:
    return quality_account(deaths(), Q1.year, NOW, THEN)


def over_time() -> Series:
    found = series(
        deaths(),
        quarters(Quarter.parse("2024-25-Q1"), Q1),
        NOW,
        (d.ALL_IN_CARE, d.DEATHS),
        Version.OWN,
    )
    assert found is not None
    return found


def counts(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {g["code"]["coding"][0]["code"]: g["population"][0] for g in report["group"]}


def test_reports_are_fhir() -> None:
    public = public_return(own())
    both = [account_report(account()), account_report(public_account(deaths(), Q1.year, NOW, THEN))]
    for report in (quarterly_report(own()), quarterly_report(public), *both):
        get_fhir_model_class("MeasureReport").model_validate(report)
        assert report["reporter"]["identifier"]["value"] == TRUST.ods


def test_definitions_are_fhir_and_cover_every_figure() -> None:
    resources = definitions()
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    measures = {r["url"]: r for r in resources if r["resourceType"] == "Measure"}
    (codes,) = ({c["code"] for c in r["concept"]} for r in resources if r.get("url") == FIGURE)
    for report in (quarterly_report(own()), account_report(account())):
        defined = [g["code"] for g in measures[report["measure"]]["group"]]
        assert [g["code"] for g in report["group"]] == defined
        assert set(counts(report)) <= codes
    assert all(measure["disclaimer"] == CAVEAT for measure in measures.values())


def test_a_report_has_the_exact_number_or_masks_it() -> None:
    code = "all-in-care.due-to-problems-prism"
    assert counts(quarterly_report(own()))[code]["count"] == 3
    masked = counts(quarterly_report(public_return(own())))[code]
    assert "count" not in masked
    assert masked["_count"]["extension"][0]["valueCode"] == "masked"


def test_a_report_tells_what_was_published_before() -> None:
    before = quarterly_return(of_trust(*many(18, "a", death("x"))), Q1, THEN)
    report = quarterly_report(own(), updates(before, own()))
    (told,) = counts(report)["all-in-care.deaths"]["extension"]
    assert told == {"url": PREVIOUSLY_PUBLISHED, "valueString": "18"}
    assert "extension" not in counts(report)["under-18-in-care.deaths"]
    get_fhir_model_class("MeasureReport").model_validate(report)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_csv_has_every_number_with_its_definition() -> None:
    before = quarterly_return(of_trust(*many(18, "a", death("x"))), Q1, THEN)
    found = rows(quarterly_csv(own(), updates(before, own())))
    assert tuple(found[0]) == HEADER
    assert len(found) == len(d.POPULATIONS) * len(d.MEASURES) + 1
    by_code = {row["figure"]: row for row in found}
    first = by_code["all-in-care.deaths"]
    assert (first["number"], first["published_before"], first["difference"]) == ("20", "18", "+2")
    assert all(row["definition"] and row["source"] and row["caveat"] == CAVEAT for row in found)
    hidden = {row["figure"]: row for row in rows(quarterly_csv(public_return(own())))}
    assert hidden["all-in-care.due-to-problems-prism"]["number"] == "*"


def test_csv_of_the_account_has_the_quarters() -> None:
    by_code = {row["figure"]: row["number"] for row in rows(account_csv(account()))}
    assert by_code["27-1-deaths"] == by_code["27-1-deaths.q1"] == "20"
    assert by_code["27-3-due-to-problems-prism.q2"] == "0"


def test_a_name_is_no_formula_in_a_spreadsheet() -> None:
    named = replace(own(), organisation=replace(TRUST, name="=1+1"))
    assert rows(quarterly_csv(named))[0]["organisation_name"] == "'=1+1"


class Outline(HTMLParser):
    """What a screen reader goes by: headings, tables with captions, scopes of header cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def pages() -> list[str]:
    charts = [control_chart(over_time()), run_chart(over_time())]
    before = quarterly_return(of_trust(*many(18, "a", death("x"))), Q1, THEN)
    return [
        quarterly_page(own(), CSS, before, charts),
        quarterly_page(public_return(own()), CSS),
        account_page(account(), CSS),
        account_page(public_account(deaths(), Q1.year, NOW, THEN), CSS),
    ]


@pytest.mark.parametrize("number", range(4))
def test_pages_are_accessible_and_without_script_or_style(number: int) -> None:
    text = pages()[number]
    outline = Outline(text)
    names = {tag for tag, _ in outline.tags}
    assert not names & {"script", "style", "iframe", "form"}
    assert not any(
        name == "style" or name.startswith("on") for _, attrs in outline.tags for name in attrs
    )
    assert outline.all("html")[0]["lang"] == "en-GB"
    assert [one["href"] for one in outline.all("link")] == [CSS]
    assert len(outline.all("h1")) == len(outline.all("main")) == len(outline.all("title")) - (
        len(outline.all("svg"))
    )  # fmt: skip
    assert len(outline.all("table")) == len(outline.all("caption")) > 0
    assert all(one.get("scope") in ("col", "row") for one in outline.all("th"))
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert "Not for comparison." in text


def test_a_page_shows_numbers_definitions_and_what_changed() -> None:
    text = unescape(pages()[0])
    for population in d.POPULATIONS:
        assert population.definition in text
    for measure in d.MEASURES:
        assert measure.definition in text
    row = re.search(r"<tr><th scope=\"row\">Deaths</th>.*", text)
    assert row is not None
    assert "<td>20</td><td>18</td><td>+2</td>" in row[0]
    assert "no change" in text


@pytest.mark.parametrize("number", range(4))
def test_words_that_are_not_used(number: int) -> None:
    text = pages()[number].lower()
    assert "more likely than not due to problems in care" in text
    for word in ("avoidab", "preventab", "league"):
        assert word not in text


def test_text_of_people_is_escaped() -> None:
    named = replace(own(), organisation=replace(TRUST, name="<b>&"))
    assert "<b>" not in quarterly_page(named, CSS)
    assert "&lt;b&gt;&amp;" in quarterly_page(named, CSS)
    drawn = control_chart_svg(control_chart(replace(over_time(), title="<script>")), "chart")
    assert "<script>" not in drawn


def test_charts_say_in_words_and_shapes_what_they_show() -> None:
    chart = control_chart(over_time())
    assert chart.signals
    for svg in (control_chart_svg(chart, "one"), run_chart_svg(run_chart(over_time()), "two")):
        root = ElementTree.fromstring(svg)
        space = "{http://www.w3.org/2000/svg}"
        title, description = root.find(f"{space}title"), root.find(f"{space}desc")
        assert title is not None
        assert description is not None
        assert title.text is not None and TRUST.name in title.text
        assert description.text is not None and "9 points from 2024-25-Q1" in description.text
        labels = root.attrib["aria-labelledby"].split()
        assert labels == [title.attrib["id"], description.attrib["id"]]
        marks = len(root.findall(f"{space}rect")) + len(root.findall(f"{space}circle"))
        assert marks == 9
        assert root.findall(f"{space}rect")


def test_a_public_chart_is_of_public_numbers() -> None:
    def public(measure: d.Measure) -> Series | None:
        figure = (d.ALL_IN_CARE, measure)
        return series(deaths(), quarters(Q1, Q1), NOW, figure, Version.PUBLIC)

    shown = public(d.DEATHS)
    assert shown is not None
    assert shown.values == (20,)
    assert public(d.JUDGED["prism"]) is None


def test_a_chart_of_another_organisation_is_refused() -> None:
    other = control_chart(replace(over_time(), organisation=OTHER_TRUST))
    with pytest.raises(ValueError, match="its own organisation"):
        quarterly_page(own(), CSS, charts=[other])


def test_the_stylesheet_prints() -> None:
    assert "@media print" in STYLESHEET.read_text()
