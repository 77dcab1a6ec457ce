"""Nothing valued is lost unseen: what is declared as read is read, and the rest is listed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, SupportsIndex

import pytest

from adapter.conversion import Converter, Refusal, converter
from adapter.conversion.fields_read import ENVELOPE, NUMBERED, RULES, fields_read
from adapter.er7 import Message, read, split
from mappings import Mappings, Site
from tests.adapter.conversion.messages import SHARED, adt, pid, pv1

CORPUS = SHARED / "corpus"
MAPPINGS, SITE = Mappings.load(), Site.default()
LONGEST = 80
"""More fields than any segment has, so that none is passed over for its length."""


class Watched(list[str]):
    """The fields of a segment, which remember which of them were looked at."""

    def __init__(self, fields: list[str], seen: set[int]) -> None:
        super().__init__(fields + [""] * (LONGEST - len(fields)))
        self._seen = seen

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if not isinstance(index, slice):
            self._seen.add(int(index) + 1)
        return super().__getitem__(index)


def fields_seen(raws: list[bytes], monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """Converts messages; returns the fields that were looked at, by segment."""
    seen: dict[str, set[int]] = defaultdict(set)

    def watched(raw: bytes) -> Message:
        message = read(raw)
        for segment in message.segments:
            segment.fields = Watched(segment.fields, seen[segment.id])
        return message

    monkeypatch.setattr(converter, "read", watched)
    made = Converter()
    for raw in raws:
        try:
            made.convert(raw)
        except Refusal:
            continue
    return seen


def corpus() -> list[bytes]:
    return [raw for path in sorted(CORPUS.rglob("*.hl7")) for raw in split(path.read_bytes())]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_what_is_declared_as_read_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ("MRG|M2^^^RT1^MR||||V0", pv1(), "DG1|1", "PDA|", "PV2|", "PD1|")
    further = (
        "PRT|",
        "DRG|",
        "ZU1|",
        "ZU8|U",
        "IAM|1||X|||D||||||||X^Y|MTH",
        "IN1||||||||||||||||A^B",
    )
    whole = adt("A40", pid(), *plain, *further)
    seen = fields_seen([*corpus(), whole], monkeypatch)
    declared = fields_read(MAPPINGS, SITE)
    for segment, fields in seen.items():
        rules = RULES.get(segment, frozenset())
        undeclared = fields - declared.get(segment, frozenset())
        assert not undeclared, f"declare in fields_read.RULES: {segment} {sorted(undeclared)}"
        assert rules <= fields, f"declared, but never read: {segment} {sorted(rules - fields)}"
        counted = frozenset({1}) if segment in NUMBERED else frozenset[int]()
        aside = ENVELOPE.get(segment, frozenset()) | counted
        unread = declared.get(segment, frozenset()) - aside - fields
        assert not unread, f"a row that nothing writes: {segment} {sorted(unread)}"
    assert set(RULES) <= set(seen)


def test_every_valued_field_that_nobody_reads_is_listed_once() -> None:
    lines = [pid(), pv1(), 'ZLW|1|secret||""|  |', "ZLW|2|other", "ZPI|1"]
    made = Converter()
    found = made.unmapped(made.convert(adt("A01", *lines)).message)
    assert found == ["ZLW-1", "ZLW-2", "ZLW-4", "ZPI-1"]


def test_a_site_file_maps_what_was_unmapped(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "discharge-method-field: ZUA-5\n"
        "z-segments:\n  Encounter:\n    - ZLW-2 -> serviceType as CodeableConcept(specialty)\n"
    )
    made = Converter(Site.load(path))
    raw = adt("A01", pid(), pv1(), "ZLW||110|x", "ZUA|||||1")
    assert made.unmapped(made.convert(raw).message) == ["ZLW-3"]


def test_words_in_the_place_of_a_segment_id_are_not_repeated() -> None:
    raw = adt("A01", pid(), "ZZZ", "who is Terry Tester|of Leeds")
    made = Converter()
    assert made.unmapped(made.convert(raw).message) == ["ZZZ-1"]


def test_where_no_stay_is_written_its_fields_are_not_read() -> None:
    made = Converter()
    stay = pv1({19: "", 10: "300", 36: "1"})
    found = made.unmapped(made.convert(adt("A31", pid(), stay, "PV2|||x")).message)
    assert {"PV1-3", "PV1-10", "PV1-44", "PV2-3"} <= set(found)
    assert not {"PV1-2", "PV1-36"} & set(found)
    assert made.unmapped(made.convert(adt("A01", pid(), stay, "PV2|||x")).message) == []
