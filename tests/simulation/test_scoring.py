"""Scores: what counts as found, missed and false, and whether it is explained."""

from __future__ import annotations

from simulation.conclusion import Conclusion
from simulation.conditions import LEARNING_DISABILITY
from simulation.life import Fate, Place
from simulation.scoring import Row, Score, score
from simulation.table import line, table
from simulation.truth import WHOLE, Gap, Truth

IN_HOSPITAL = Conclusion(
    place=Place.IN_HOSPITAL,
    days=frozenset({("ZA2", 9)}),
    flags=frozenset({LEARNING_DISABILITY}),
    is_for_leder=True,
    leads=frozenset({"ZA1"}),
)
NOBODY = Conclusion()
UNREPORTED = Gap(WHOLE, "no trust sent word of the death")


def one(
    happened: Conclusion, evident: Conclusion, *gaps: Gap, fate: Fate = Fate.IN_HOSPITAL
) -> Truth:
    return Truth("9990000018", ("ZA11",), fate, "2026-01-05T10:00", happened, evident, gaps)


def row(of: Score, name: str) -> Row:
    return next(row for row in of.rows if row.name == name)


def test_all_that_is_true_and_found_scores_full() -> None:
    scored = score([one(IN_HOSPITAL, IN_HOSPITAL)], {"9990000018": IN_HOSPITAL})
    assert scored.differences == ()
    assert row(scored, "deaths in scope") == Row("deaths in scope", 1, 1, 1, 0, 0, 1)
    assert row(scored, "proposed leads").recall == 1
    assert row(scored, "autism").recall is None


def test_a_miss_that_the_messages_explain_is_told_with_the_reason() -> None:
    scored = score([one(IN_HOSPITAL, NOBODY, UNREPORTED)], {})
    assert scored.unexplained == ()
    assert row(scored, "deaths in scope").recall == 0
    assert row(scored, "deaths in scope").of_evidence is None
    said = [line(difference) for difference in scored.differences]
    assert "missed deaths in scope, 9990000018: no trust sent word of the death" in said
    assert any("(ZA2, 9 days)" in text for text in said)


def test_a_miss_that_the_messages_show_is_unexplained() -> None:
    scored = score([one(IN_HOSPITAL, IN_HOSPITAL)], {})
    assert len(scored.unexplained) == len(scored.differences) == 6
    assert line(scored.unexplained[0]).startswith("UNEXPLAINED missed")


def test_what_no_message_shows_is_unexplained_when_found() -> None:
    scored = score([one(NOBODY, NOBODY)], {"9990000018": IN_HOSPITAL})
    assert len(scored.unexplained) == 6
    assert row(scored, "deaths in scope").precision == 0


def test_what_messages_show_wrongly_is_false_and_explained() -> None:
    gap = Gap(WHOLE, "ZA1 never sent the discharge of a stay")
    scored = score([one(NOBODY, IN_HOSPITAL, gap)], {"9990000018": IN_HOSPITAL})
    assert scored.unexplained == ()
    assert row(scored, "deaths in scope").false == 1
    assert {difference.kind for difference in scored.differences} == {"false"}


def test_a_difference_without_a_reason_is_unexplained_even_if_the_messages_agree() -> None:
    scored = score([one(IN_HOSPITAL, NOBODY)], {})
    assert scored.unexplained == scored.differences


def test_the_nearest_reason_is_given() -> None:
    near = Gap(frozenset({LEARNING_DISABILITY}), "no message carries the diagnosis")
    scored = score([one(IN_HOSPITAL, NOBODY, UNREPORTED, near)], {})
    because = {d.measure: d.because for d in scored.differences}
    assert because["learning disability"] == "no message carries the diagnosis"
    assert because["proposed leads"] == "no trust sent word of the death"


def test_a_vague_date_is_measured_by_the_messages() -> None:
    vague = Conclusion(place=Place.POSSIBLY, leads=frozenset({"ZA1"}))
    gap = Gap(WHOLE, "ZA1 sent only the month of death")
    scored = score([one(IN_HOSPITAL, vague, gap)], {"9990000018": vague})
    assert row(scored, "date vague: possibly within 30 days").recall == 1
    assert row(scored, "deaths in scope").recall == 1
    assert scored.unexplained == ()


def test_of_a_stillbirth_only_a_case_record_review_counts_against() -> None:
    truth = one(NOBODY, NOBODY, fate=Fate.STILLBORN)
    perinatal = Conclusion(place=Place.IN_HOSPITAL)
    assert score([truth], {"9990000018": perinatal}).differences == ()
    scored = score([truth], {"9990000018": IN_HOSPITAL})
    assert [difference.measure for difference in scored.unexplained] == ["proposed leads"]


def test_the_table_never_rounds_up_to_all() -> None:
    good = [one(IN_HOSPITAL, IN_HOSPITAL) for _ in range(4999)]
    missed = Truth("9990000026", (), Fate.IN_HOSPITAL, "", IN_HOSPITAL, NOBODY, (UNREPORTED,))
    lines = list(table(score([*good, missed], {"9990000018": IN_HOSPITAL})))
    assert lines[1].split()[-3:] == ["99.9%", "100%", "100%"]
    assert len({len(text) for text in lines}) == 1
