"""The table by source: every message is in it once, with a reason if it is not converted."""

from __future__ import annotations

import pytest

from tests.adapter.conversion.corpus_table import CONVERTED, CORPUS, OUTCOMES, lines, outcomes

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")


def test_every_message_is_counted_once() -> None:
    table = [line.strip("| ").split(" | ") for line in lines(CORPUS) if line.startswith("|")]
    *sources, whole = table[2:]
    counted = [[int(cell) for cell in row[1:]] for row in sources]
    sums = [sum(column) for column in zip(*counted, strict=True)]
    assert [int(cell) for cell in whole[1:]] == sums
    assert all(row[0] == sum(row[1:]) for row in counted)
    assert sums[0] >= len(list(CORPUS.rglob("*.hl7")))


def test_what_is_not_converted_has_a_reason() -> None:
    for kind, reason in outcomes(CORPUS / "crafted"):
        assert kind in OUTCOMES
        assert kind == CONVERTED or reason
