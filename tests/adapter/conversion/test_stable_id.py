"""Ids are the version-5 UUIDs that anybody else would compute."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from hypothesis import given
from hypothesis import strategies as st

from adapter.conversion.stable_id import stable_id
from conformance import canonical


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_it_is_the_uuid_of_the_standard_library(parts: list[str]) -> None:
    namespace = uuid5(NAMESPACE_URL, canonical.BASE)
    assert stable_id(*parts) == str(uuid5(namespace, "\x1f".join(parts)))
