"""What was learnt: themes, actions and their impact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from registry.returns.count import Count
from registry.returns.reviewed_death import Action, ReviewedDeath, Theme


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """A theme, and of how many deaths a completed review found it."""

    theme: Theme
    deaths: Count


def themes(deaths: Iterable[ReviewedDeath]) -> tuple[ThemeCount, ...]:
    """Takes deaths; returns the themes of their completed reviews, the commonest first. A death
    counts once for a theme."""
    found: dict[Theme, set[str]] = {}
    for death in deaths:
        for review in death.reviews:
            for theme in review.themes if review.is_done else ():
                found.setdefault(theme, set()).add(death.case)
    in_order = sorted(found.items(), key=lambda item: (-len(item[1]), item[0].code))
    return tuple(ThemeCount(theme, Count(len(cases))) for theme, cases in in_order)


def actions(deaths: Iterable[ReviewedDeath], own: Iterable[Action] = ()) -> tuple[Action, ...]:
    """Takes deaths and the organisation's own actions; returns these and those of the deaths'
    completed reviews, each once, by their words."""
    found = set(own) | {
        action
        for death in deaths
        for review in death.reviews
        if review.is_done
        for action in review.actions
    }
    return tuple(sorted(found, key=_in_order))


def _in_order(action: Action) -> tuple[str, bool, str, bool]:
    return (action.text, action.is_taken, action.impact or "", action.is_cleared)
