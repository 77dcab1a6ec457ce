"""How many are let in: never more than the limits say, and all who left make room."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.admission import (
    TOO_MANY,
    TOO_MANY_OF_ADDRESS,
    Admission,
    AdmissionLimits,
    origin_of,
)

ADDRESSES = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(ADDRESSES)), max_size=60))
def test_the_limits_hold_whatever_comes_and_goes(steps: list[tuple[bool, str]]) -> None:
    admission = Admission(AdmissionLimits(connections=5, of_address=3))
    inside: list[str] = []
    for enters, address in steps:
        if not enters:
            if address in inside:
                inside.remove(address)
                admission.leave(address)
            continue
        of_origin = Counter(map(origin_of, inside))[origin_of(address)]
        refusal = admission.enter(address)
        if refusal is None:
            inside.append(address)
            assert len(inside) <= 5
            assert of_origin < 3
        else:
            assert (refusal == TOO_MANY) == (len(inside) == 5)
            assert refusal == TOO_MANY or of_origin == 3


def test_one_address_cannot_take_all_the_room() -> None:
    admission = Admission(AdmissionLimits(connections=10, of_address=2))
    assert [admission.enter("10.0.0.1") for _ in range(3)] == [None, None, TOO_MANY_OF_ADDRESS]
    assert admission.enter("10.0.0.2") is None


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_network_of_one_machine_is_one_peer(address: str, origin: str) -> None:
    assert origin_of(address) == origin
