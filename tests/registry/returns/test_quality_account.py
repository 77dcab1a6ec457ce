"""The Quality Account: items 27.1 to 27.9, and its public version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from registry.returns.count import NOT_SHOWN, Count, Version
from registry.returns.history import DeathHistory, Deaths, Known
from registry.returns.periods import FinancialYear
from registry.returns.public import public_account
from registry.returns.quality_account import QualityAccount, quality_account
from registry.returns.reviewed_death import Action, Place, Review, State, Theme
from registry.returns.scales import RCP_NQB
from tests.registry.returns.made import (
    CASE_RECORD_REVIEW,
    INVESTIGATION,
    death,
    done,
    judged,
    many,
    moment,
    of_trust,
)

YEAR = FinancialYear(2026)
PREVIOUS_ACCOUNT = moment("2026-06-01")
ACCOUNT = moment("2027-06-01")


def items(one: QualityAccount) -> dict[str, int | None]:
    return {line.item.code: line.count.number for line in one.lines}


def quarters(one: QualityAccount, code: str) -> tuple[int | None, ...]:
    line = next(line for line in one.lines if line.item.code == code)
    return tuple(count.number for count in line.quarters)


def account(deaths: Deaths) -> QualityAccount:
    return quality_account(deaths, YEAR, ACCOUNT, PREVIOUS_ACCOUNT)


def late(case: str, review: Review, completed: str) -> DeathHistory:
    """A death of the previous year, with a review that is completed at that moment."""
    under_way = death(case, "2026-02-10", Review(CASE_RECORD_REVIEW, State.IN_PROGRESS))
    finished = replace(under_way, reviews=(review,))
    return DeathHistory(
        case, (Known(moment("2026-02-11"), under_way), Known(moment(completed), finished))
    )


def test_the_year_and_its_quarters() -> None:
    one = account(
        of_trust(
            death("1", "2026-04-01", judged("4")),
            death("2", "2026-07", done(), done(route=INVESTIGATION)),
            death("3", "2027-03-31", judged("3", RCP_NQB)),
            death("4", "2027-03-31"),
            death("5", "2026"),
            death("6", "2026-05-01", judged("6"), place=Place.AFTER_DISCHARGE),
            death("7", "2027-04-01"),
        )
    )
    assert quarters(one, "27-1-deaths") == (1, 1, 0, 2)
    assert quarters(one, "27-2-reviewed-or-investigated") == (1, 1, 0, 1)
    assert quarters(one, "27-3-due-to-problems-prism") == (1, 0, 0, 0)
    assert quarters(one, "27-3-due-to-problems-rcp-nqb") == (0, 0, 0, 1)
    assert all(
        sum(n or 0 for n in quarters(one, code)) == items(one)[code]
        for code in ("27-1-deaths", "27-2-reviewed-or-investigated")
    )
    assert one.not_certain == Count(1)


def test_reviews_of_the_previous_year_that_were_completed_since_its_account() -> None:
    one = account(
        of_trust(
            late("1", judged("5"), completed="2026-05-01"),
            late("2", judged("5"), completed="2026-08-01"),
            late("3", judged("1"), completed="2026-08-01"),
            late("4", judged("6"), completed="2027-08-01"),
        )
    )
    assert items(one)["27-7-previous-year-reviewed"] == 2
    assert items(one)["27-8-previous-year-due-to-problems-prism"] == 1
    assert items(one)["27-9-previous-year-revised-prism"] == 2
    assert items(one)["27-9-previous-year-revised-rcp-nqb"] == 0
    assert items(one)["27-1-deaths"] == 0


def test_what_was_learnt_is_of_deaths_judged_due_to_problems() -> None:
    falls, fluids = Theme("falls", "Falls"), Theme("fluids", "Fluid balance")
    action = Action("Fluid charts checked", is_taken=True)
    one = account(
        of_trust(
            death("1", "2026-05-10", replace(judged("5"), themes=(fluids,), actions=(action,))),
            death("2", "2026-05-10", replace(judged("1"), themes=(falls,))),
        )
    )
    assert [found.theme for found in one.themes] == [fluids]
    assert one.actions == (action,)


def test_the_moments_are_in_order() -> None:
    with pytest.raises(ValueError, match="earlier"):
        quality_account(of_trust(), YEAR, PREVIOUS_ACCOUNT, PREVIOUS_ACCOUNT)


def test_the_public_version() -> None:
    reviewed = death("x", "2026-05-10", done())
    deaths = of_trust(
        *many(41, "a", death("x", "2026-05-10")),
        *many(12, "b", reviewed),
        *many(33, "c", death("x", "2026-08-10")),
        *many(3, "d", death("x", "2026-08-10", done())),
        *many(30, "e", death("x", "2026-11-10")),
        *many(28, "f", death("x", "2027-02-10")),
        late("g", judged("5"), completed="2026-08-01"),
    )
    one = public_account(deaths, YEAR, ACCOUNT, PREVIOUS_ACCOUNT)
    assert one.version is Version.PUBLIC
    assert quarters(one, "27-1-deaths") == (55, 35, 30, 30)
    assert items(one)["27-1-deaths"] == 145  # 147, not the sum of what is shown
    assert quarters(one, "27-2-reviewed-or-investigated") == (10, None, 0, 0)
    assert items(one)["27-2-reviewed-or-investigated"] == 15
    texts = {line.item.code: line.count.text for line in one.lines}
    assert texts["27-7-previous-year-reviewed"] == NOT_SHOWN
    assert texts["27-3-due-to-problems-prism"] == "0"
