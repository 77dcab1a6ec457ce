"""docs/export.md says what a national export holds, and the proposal on it can be sent."""

from __future__ import annotations

import json
import re
from datetime import date

from registry.export.cohort import Proposal, Sample
from registry.export.group import read
from registry.export.pseudonymised import ELEMENTS
from tests.docs.pages import ROOT
from tests.docs.requests import examples

AT = ROOT / "docs" / "export.md"
PAGE = AT.read_text(encoding="utf-8")


def test_the_table_of_national_exports_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `([A-Z]\w+)` \| ([a-zA-Z, ]+) \|$", PAGE, re.M)
    assert {name: elements.split(", ") for name, elements in rows} == {
        name: sorted(elements) for name, elements in ELEMENTS.items()
    }


def test_the_cohort_on_the_page_is_one() -> None:
    (text,) = [one.body for one in examples(AT) if one.path == "/fhir/Group"]
    sample = Sample("made", percent=20)
    named = Proposal("January, two trusts", date(2026, 1, 1), ("RT1", "RT2"), sample)
    assert read(json.loads(text), "made") == named
