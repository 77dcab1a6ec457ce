"""The guide's topics are the table's."""

from __future__ import annotations

import json

import pytest

from conformance.validator import OUR_PACKAGE
from registry.subscriptions.topic_resources import topic_resource
from registry.subscriptions.topics import TOPICS


@pytest.mark.parametrize("code", TOPICS)
def test_a_topic_is_in_the_guide_as_it_is_in_the_table(code: str) -> None:
    written = json.loads((OUR_PACKAGE / f"Basic-{code}.json").read_text(encoding="utf-8"))
    assert written == topic_resource(TOPICS[code]), (
        "run python -m registry.subscriptions.topic_resources"
    )


def test_there_is_no_other_topic_in_the_guide() -> None:
    assert {path.stem for path in OUR_PACKAGE.glob("Basic-*")} == {f"Basic-{c}" for c in TOPICS}
