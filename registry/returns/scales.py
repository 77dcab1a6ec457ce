"""Scales on which reviews judge deaths. Two of them run in opposite directions over the same six
numbers, so a score is read only by its own scale and figures of two scales are never added."""

from __future__ import annotations

from dataclasses import dataclass

from conformance import canonical


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale: `id` is its code system; `due_to_problems` are the scores that judge a death more
    likely than not due to problems in care."""

    id: str
    code: str
    name: str
    due_to_problems: frozenset[int]
    method: str
    source: str


PRISM = Scale(
    id=canonical.JUDGEMENT_PRISM,
    code="prism",
    name="PRISM scale",
    due_to_problems=frozenset({4, 5, 6}),
    method="Six points, 6 the strongest; scores 4 to 6 are more likely than not (over 50:50).",
    source="Hogan and others, BMJ 2015;351:h3239, table 1",
)
RCP_NQB = Scale(
    id=canonical.JUDGEMENT_RCP_NQB,
    code="rcp-nqb",
    name="RCP scale, as in the National Quality Board's dashboard",
    due_to_problems=frozenset({1, 2, 3}),
    method="Six points, 1 the strongest; scores 1 to 3 are more likely than not (over 50:50).",
    source="Royal College of Physicians; National Quality Board dashboard 2017. Direction of the "
    "scale from general knowledge, not verified against the publication",
)
SCALES = (PRISM, RCP_NQB)
