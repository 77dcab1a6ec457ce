"""The public version of a return, and what it says of changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.returns import definitions as d
from registry.returns.count import Precision
from registry.returns.disclosure import rounded
from registry.returns.periods import Quarter
from registry.returns.public import public_return
from registry.returns.quarterly import quarterly_return, updates
from registry.returns.reviewed_death import Action, AgeGroup, Evidence, Place, ReviewedDeath, Theme
from tests.registry.returns.made import death, done, judged, many, moment, of_trust

Q1 = Quarter.parse("2026-27-Q1")
NOW = moment("2027-01-01")


def like(
    age: AgeGroup, place: Place, learning: Evidence, mental: Evidence, scores: list[str]
) -> ReviewedDeath:
    reviews = [judged(score) for score in scores]
    return death(
        "x",
        "2026-05-10",
        *reviews,
        age=age,
        place=place,
        learning_disability=learning,
        severe_mental_illness=mental,
    )


DEATHS = st.builds(
    like,
    age=st.sampled_from(AgeGroup),
    place=st.sampled_from(Place),
    learning=st.sampled_from(Evidence),
    mental=st.sampled_from(Evidence),
    scores=st.lists(st.sampled_from("123456"), max_size=1),
)
GROUPS = st.lists(st.tuples(DEATHS, st.integers(1, 30)), max_size=6)


@given(GROUPS)
@settings(deadline=None)
def test_every_figure_is_zero_rounded_or_not_shown(
    groups: list[tuple[ReviewedDeath, int]],
) -> None:
    deaths = [one for i, (kind, number) in enumerate(groups) for one in many(number, f"{i}", kind)]
    own = quarterly_return(of_trust(*deaths), Q1, NOW)
    for exact, shown in zip(own.figures, public_return(own).figures, strict=True):
        assert exact.code == shown.code
        assert exact.count.number is not None
        if exact.count.number in range(1, 8):
            assert shown.count.number is None
        else:
            assert shown.count.number in (None, rounded(exact.count.number))
        assert exact.count.precision is Precision.EXACT
        assert shown.count.precision is not Precision.EXACT


def test_the_own_version_is_exact_and_the_public_is_not() -> None:
    learning = many(3, "ld", death("x", learning_disability=Evidence.CONFIRMED))
    own = quarterly_return(of_trust(*many(118, "a", death("x")), *learning), Q1, NOW)
    public = public_return(own)
    texts = {f.population.code: f.count.text for f in public.figures if f.measure is d.DEATHS}
    assert own.figure(d.LEARNING_DISABILITY, d.DEATHS).count.number == 3
    assert texts["learning-disability-in-care"] == "*"
    assert texts["all-in-care"] == texts["adults-in-care"] == "120"
    assert texts["under-18-in-care"] == "0"
    with pytest.raises(ValueError, match="own"):
        public_return(public)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(118, 122, None), (121, 123, ("120", "125", 5)), (5, 7, None), (7, 8, ("*", "10", None))],
)
def test_a_change_is_told_only_where_what_is_shown_changed(
    before: int, after: int, change: tuple[str, str, int | None] | None
) -> None:
    published, current = (
        public_return(quarterly_return(of_trust(*many(n, "a", death("x"))), Q1, NOW))
        for n in (before, after)
    )
    told = [
        (u.published.text, u.figure.count.text, u.difference)
        for u in updates(published, current)
        if (u.figure.population, u.figure.measure) == (d.ADULTS, d.DEATHS)
    ]
    assert told == ([change] if change else [])


def test_a_public_version_is_never_set_beside_the_own() -> None:
    own = quarterly_return(of_trust(death("1")), Q1, NOW)
    with pytest.raises(ValueError, match="version"):
        updates(own, public_return(own))


def test_only_cleared_words_are_published_and_themes_keep_no_order_of_size() -> None:
    rare, common = Theme("a-rare", "Rare"), Theme("b-common", "Common")
    cleared = Action("Checked at handover", is_taken=True, is_cleared=True)
    private = Action("Spoke with the ward manager of ward 3", is_taken=True)
    deaths = [
        *many(1, "a", death("x", "2026-05-10", replace(done(), themes=(rare,)))),
        *many(
            4,
            "b",
            death(
                "x",
                "2026-05-10",
                replace(done(), themes=(common,), actions=(cleared, private)),
            ),
        ),
    ]
    own = quarterly_return(of_trust(*deaths), Q1, NOW)
    public = public_return(own, {"Rare", "Common"})
    assert [t.theme for t in own.themes] == [common, rare]
    assert [(t.theme, t.deaths.text) for t in public.themes] == [(rare, "*"), (common, "*")]
    assert public_return(own).themes == ()
    assert [t.theme for t in public_return(own, {"Rare"}).themes] == [rare]
    assert set(own.actions) == {cleared, private}
    assert public.actions == (cleared,)
