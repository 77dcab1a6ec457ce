"""NHS numbers: what the check digit catches, and which numbers identify nobody."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nhs.nhs_number import check_digit, is_test, is_valid, normalise, of_test_range

STEMS = st.text("0123456789", min_size=9, max_size=9)


# An example that is often given of the check, and one of the test range.
@pytest.mark.parametrize(("nine", "digit"), [("401023213", 7), ("999000001", 8)])
def test_the_check_digit(nine: str, digit: int) -> None:
    assert check_digit(nine) == digit


def test_a_remainder_of_ten_makes_no_number() -> None:
    stems = [f"{n:09}" for n in range(200)]
    none = [stem for stem in stems if check_digit(stem) is None]
    assert none
    assert not any(is_valid(f"{stem}{digit}") for stem in none for digit in range(10))


@given(STEMS, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_caught(nine: str, place: int, by: int) -> None:
    digit = check_digit(nine)
    assume(digit is not None)
    number = f"{nine}{digit}"
    wrong = str((int(number[place]) + by) % 10)
    assert not is_valid(number[:place] + wrong + number[place + 1 :])


@given(STEMS, st.integers(0, 8))
def test_two_digits_in_each_others_place_are_caught(nine: str, place: int) -> None:
    digit = check_digit(nine)
    assume(digit is not None)
    number = f"{nine}{digit}"
    one, other = number[place], number[place + 1]
    assume(one != other)
    assert not is_valid(number[:place] + other + one + number[place + 2 :])


@pytest.mark.parametrize("digit", "0123456789")
def test_ten_equal_digits_identify_nobody_though_they_pass_the_check(digit: str) -> None:
    assert check_digit(digit * 9) == int(digit)
    assert not is_valid(digit * 10)


@pytest.mark.parametrize("text", ["", "999000001", "99900000189", "99900000I8", "٩٩٩٠٠٠٠٠١٨"])
def test_what_is_not_ten_digits_is_none(text: str) -> None:
    assert not is_valid(text)


def test_people_write_spaces_and_hyphens() -> None:
    assert normalise(" 999 000-0018 ") == "9990000018"


def test_the_test_range_in_order_each_once() -> None:
    numbers = list(islice(of_test_range(1), 2000))
    assert numbers[0] == "9990000018"
    assert all(is_valid(number) and is_test(number) for number in numbers)
    assert numbers == sorted(set(numbers))
    assert next(of_test_range(int(numbers[-1][3:9]))) == numbers[-1]


def test_the_test_range_ends_without_ten_nines() -> None:
    last = list(of_test_range(999_990))
    assert last
    assert "9999999999" not in last
