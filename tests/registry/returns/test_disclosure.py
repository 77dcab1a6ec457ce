"""Disclosure control against a reader who knows the rules and this code.

Exhaustive: all tables of a size are published, those that look the same are put together, and what
is the same in all of them is what a reader knows. The sizes end where a class of rounding ends (12,
17, 27), so that no table that looks the same is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.returns.count import Precision
from registry.returns.disclosure import Shown, part, rounded, table

SMALL = range(1, 8)
Numbers = tuple[int, ...]
Look = tuple[str, ...]


def look(*shown: Shown) -> Look:
    return tuple(one.count.text for one in shown)


def given_away(
    everything: Iterable[Numbers],
    publish: Callable[[Numbers], Look],
    derive: Callable[[Numbers], Numbers],
) -> list[tuple[Look, int]]:
    """Takes all tables, what is published of one, and the numbers of people that hang on one;
    returns what is published, and which of its numbers, where a number from 1 to 7 is certain."""
    alike: dict[Look, list[Numbers]] = defaultdict(list)
    for one in everything:
        alike[publish(one)].append(derive(one))
    return [
        (seen, index)
        for seen, numbers in alike.items()
        for index, values in enumerate(zip(*numbers, strict=True))
        if len(set(values)) == 1 and values[0] in SMALL
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (1, "*"), (7, "*"), (8, "10"), (12, "10"), (13, "15"), (17, "15"), (203, "205")],
)
def test_one_number(number: int, text: str) -> None:
    assert part(number).count.text == text


@given(st.integers(8, 100_000))
def test_rounded_to_the_nearest_5(number: int) -> None:
    shown = part(number)
    assert shown.count.number is not None
    assert shown.count.number % 5 == 0
    assert abs(shown.count.number - number) <= 2
    assert shown.count.precision is Precision.ROUNDED


def with_total(numbers: Numbers) -> Look:
    shown = table(sum(numbers), [part(number) for number in numbers])
    return look(*shown.parts, shown.total)


def and_total(numbers: Numbers) -> Numbers:
    return (*numbers, sum(numbers))


@pytest.mark.parametrize(("parts", "largest"), [(1, 27), (2, 27), (3, 17), (4, 12)])
def test_parts_and_their_total(parts: int, largest: int) -> None:
    everything = product(range(largest + 1), repeat=parts)
    assert given_away(everything, with_total, and_total) == []


@pytest.mark.parametrize("parts", [7, 8])
def test_many_small_parts(parts: int) -> None:
    """With seven parts that are not 0, a hidden total would say that each is 1."""
    ones, sevens = (1,) * parts, (7,) * parts
    assert with_total(ones)[-1] == with_total((2, *ones[1:]))[-1]
    assert with_total(sevens)[-1] == with_total((6, *sevens[1:]))[-1]


def test_the_plain_rule_would_give_numbers_away() -> None:
    """What the tests above look for is there to be found: without control of totals it is."""

    def plain(numbers: Numbers) -> Look:
        return look(*map(part, numbers), part(sum(numbers)))

    four = given_away(product(range(13), repeat=4), plain, and_total)
    assert (("*", "*", "*", "*", "30"), 0) in four  # all are 7
    three = given_away(product(range(18), repeat=3), plain, and_total)
    assert (("10", "15", "*", "20"), 2) in three  # 8 + 13 + 1 = 22
    assert with_total((7, 7, 7, 7))[-1] == "*"
    assert with_total((8, 13, 1))[-1] == "*"


def test_a_total_is_rounded_from_its_true_value() -> None:
    shown = table(36, [part(12), part(12), part(12)])
    assert look(*shown.parts, shown.total) == ("10", "10", "10", "35")


def test_a_total_that_its_parts_exclude_is_refused() -> None:
    with pytest.raises(ValueError, match="not the sum"):
        table(30, [part(3), part(4)])


def test_whole_and_subgroup() -> None:
    def publish(numbers: Numbers) -> Look:
        return look(part(sum(numbers)), part(numbers[0]))

    everything = [one for one in product(range(28), repeat=2) if sum(one) <= 27]
    assert given_away(everything, publish, and_total) == []


def test_hiding_a_subgroup_for_its_small_remainder_would_tell_more() -> None:
    """Why a subgroup is not hidden where few are outside it: whoever knows that rule learns from a
    subgroup that is shown that its remainder is 0 or at least 8."""

    def hide_for_remainder(number: int, wholes: Iterable[int]) -> str:
        small = any(whole - number in SMALL for whole in wholes)
        return "*" if small else part(number).count.text

    def publish(numbers: Numbers) -> Look:
        whole, first, second, both, *_ = four_groups(numbers)
        return (
            part(whole).count.text,
            hide_for_remainder(first, [whole]),
            hide_for_remainder(second, [whole]),
            hide_for_remainder(both, [first, second]),
        )

    everything = (one for one in product(range(18), repeat=4) if sum(one) <= 17)
    assert given_away(everything, publish, four_groups) != []


def four_groups(numbers: Numbers) -> Numbers:
    both, first, second, neither = numbers
    return (sum(numbers), both + first, both + second, both, first, second, neither)


def test_two_subgroups_and_their_intersection() -> None:
    """As deaths, reviewed, with a learning disability, and reviewed with one."""

    def publish(numbers: Numbers) -> Look:
        return look(*map(part, four_groups(numbers)[:4]))

    everything = (one for one in product(range(18), repeat=4) if sum(one) <= 17)
    assert given_away(everything, publish, four_groups) == []


def test_two_publications_of_a_table() -> None:
    """Deaths become known one after another, so numbers only grow; a reader knows that too."""
    one = list(product(range(13), repeat=2))
    tables = {numbers: table(sum(numbers), [part(n) for n in numbers]) for numbers in one}
    both = [(*x, *y) for x in one for y in one if x[0] <= y[0] and x[1] <= y[1]]

    def publish(numbers: Numbers) -> Look:
        before = tables[numbers[0], numbers[1]]
        parts = [part(n) for n in numbers[2:]]
        now = table(sum(numbers[2:]), parts, earlier=[before])
        return look(*before.parts, before.total, *now.parts, now.total)

    def sizes(numbers: Numbers) -> Numbers:
        grown = (numbers[2] - numbers[0], numbers[3] - numbers[1])
        return (*numbers, numbers[0] + numbers[1], numbers[2] + numbers[3], *grown)

    assert given_away(both, publish, sizes) == []


# Tables of deaths beside tables of those reviewed: every number of up to 17 deaths in each part, by
# class. A reader's knowledge is computed here by adding up pairs, part by part.

CLASSES = {"0": range(1), "*": SMALL, "10": range(8, 13), "15": range(13, 18)}
Pair = tuple[int, int]


def pairs(deaths: str, reviewed: str) -> list[Pair]:
    return [(d, r) for d in CLASSES[deaths] for r in CLASSES[reviewed] if r <= d]


def add(sums: set[Pair], more: Iterable[Pair]) -> set[Pair]:
    return {(a + d, b + r) for a, b in sums for d, r in more}


def totals(parts: list[list[Pair]]) -> set[Pair]:
    sums = {(0, 0)}
    for one in parts:
        sums = add(sums, one)
    return sums


@pytest.mark.parametrize(("number_of_parts", "classes"), [(2, 4), (3, 4), (4, 3)])
def test_deaths_and_reviewed_by_part_with_both_totals(number_of_parts: int, classes: int) -> None:
    kinds = [kind for kind in product(list(CLASSES)[:classes], repeat=2) if pairs(*kind)]
    for chosen in combinations_with_replacement(kinds, number_of_parts):
        parts = [pairs(*kind) for kind in chosen]
        first = [one[0] for one in parts]
        sums = totals(parts)
        deaths = {d: table(d, [part(one) for one, _ in first]) for d in {d for d, _ in sums}}
        groups: dict[Look, set[Pair]] = defaultdict(set)
        for d, r in sums:
            reviewed = table(r, [part(one) for _, one in first], deaths[d])
            groups[look(deaths[d].total, reviewed.total)].add((d, r))
        for seen, group in groups.items():
            assert not certain(group), (chosen, seen)
            for index, one in enumerate(parts):
                others = totals(parts[:index] + parts[index + 1 :])
                left = {(d, r) for d, r in one if any((a - d, b - r) in others for a, b in group)}
                assert not certain(left), (chosen, seen, index)


@pytest.mark.parametrize(("number_of_parts", "classes"), [(2, 4), (3, 4), (4, 3)])
def test_two_publications_with_any_parts(number_of_parts: int, classes: int) -> None:
    """As the age groups of a return and of its update: numbers only grow, and neither a number at
    either time nor how many were added is certain."""
    kinds = [kind for kind in product(list(CLASSES)[:classes], repeat=2) if pairs(*kind)]
    for chosen in combinations_with_replacement(kinds, number_of_parts):
        parts = [pairs(*kind) for kind in chosen]
        first = [one[0] for one in parts]
        groups: dict[Look, set[Pair]] = defaultdict(set)
        for now, before in totals(parts):
            shown_before = table(before, [part(one) for _, one in first])
            shown_now = table(now, [part(one) for one, _ in first], earlier=[shown_before])
            groups[look(shown_now.total, shown_before.total)].add((now, before))
        for seen, group in groups.items():
            assert not certain(group), (chosen, seen)
            for index, one in enumerate(parts):
                others = totals(parts[:index] + parts[index + 1 :])
                left = {(n, b) for n, b in one if any((x - n, y - b) in others for x, y in group)}
                assert not certain(left), (chosen, seen, index)


def certain(left: set[Pair]) -> bool:
    """True where the deaths, the reviewed or the others can be only one number from 1 to 7."""
    numbers = ({d for d, _ in left}, {r for _, r in left}, {d - r for d, r in left})
    return any(len(values) == 1 and values <= set(SMALL) for values in numbers)


def test_an_update_that_ignored_the_one_before_would_give_numbers_away() -> None:
    """What the test above looks for is there to be found: with four parts, a total of 15 before and
    none now would say that the second part is 6."""
    parts = [pairs(*kind) for kind in (("0", "0"), ("*", "*"), ("10", "0"), ("10", "*"))]
    shown_now = [part(one[0][0]) for one in parts]
    shown_before = [part(one[0][1]) for one in parts]
    alike = {
        (now, before)
        for now, before in totals(parts)
        if look(table(now, shown_now).total, table(before, shown_before).total) == ("*", "15")
    }
    others = totals([parts[0], *parts[2:]])
    left = {(n, b) for n, b in parts[1] if any((x - n, y - b) in others for x, y in alike)}
    assert left == {(6, 6)}


@given(st.lists(st.integers(0, 400), min_size=1, max_size=4), st.data())
def test_the_true_number_is_among_those_possible(numbers: list[int], data: st.DataObject) -> None:
    deaths = table(sum(numbers), [part(number) for number in numbers])
    reviewed = [data.draw(st.integers(0, number)) for number in numbers]
    shown = table(sum(reviewed), [part(number) for number in reviewed], deaths)
    for true, seen in zip([*reviewed, sum(reviewed)], [*shown.parts, shown.total], strict=True):
        assert true in seen.possible
        assert seen.count.number in (None, rounded(true))
        assert (seen.count.number is None) or true not in SMALL
