"""What is remembered of one message is said in the next as if it had never been read before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.conversion import lasting_entry, locations
from tests.adapter.conversion.messages import adt, convert, issues, only, pid, pv1, resources


def attended_by(practitioner: str, place: str = "W1^B2^C3^RT101", sender: str = "RT1") -> bytes:
    return adt("A01", pid(), pv1({3: place, 7: practitioner}), msh={4: sender})


def converted_unremembered(raw: bytes) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lasting_entry, "LONGEST", -1)
        patch.setattr(locations, "LONGEST", -1)
        return convert(raw)


def test_an_issue_belongs_to_every_message_that_brings_it_about() -> None:
    odd = attended_by("1234^Grey^Ann^^^Dr^^^^NO-SUCH-TYPE")
    first, second = convert(odd), convert(odd)
    assert first == second
    assert any("PV1[1]-7" in issue for issue in issues(second))


def test_each_sender_has_professionals_and_places_of_its_own() -> None:
    bundles = [convert(attended_by("1234^Grey^Ann", sender=s)) for s in ("RT1", "RT2", "RT1")]
    ids = [
        {only(b, "Practitioner")["id"], *(place["id"] for place in resources(b, "Location"))}
        for b in bundles
    ]
    assert ids[0] == ids[2]
    assert not ids[0] & ids[1]


_PART = st.text(alphabet="AB1 &\\~", max_size=3)
_WRITTEN = st.lists(_PART, max_size=10).map("^".join)


@given(st.lists(st.tuples(_WRITTEN, _WRITTEN), min_size=1, max_size=4))
def test_what_was_read_before_changes_nothing(people: list[tuple[str, str]]) -> None:
    for practitioner, place in people * 2:
        raw = attended_by(practitioner, place)
        assert convert(raw) == converted_unremembered(raw)
