"""What the items of the Quality Account ask for, in our words, with how far that was verified."""

from __future__ import annotations

from dataclasses import dataclass

from registry.returns import definitions
from registry.returns.definitions import Measure
from registry.returns.scales import SCALES, Scale
from registry.returns.wording import DUE_TO_PROBLEMS

REGULATIONS = "SI 2017/744"
_NOT_VERIFIED = (
    f"{REGULATIONS}; the wording of this item is general knowledge, not verified against the "
    "regulations"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item; `measure` where it is split by quarter, `scale` where it rests on judgements, since
    each scale has a line of its own."""

    number: str
    code: str
    label: str
    definition: str
    source: str
    scale: Scale | None = None
    measure: Measure | None = None


DEATHS = Item(
    "27.1",
    "27-1-deaths",
    "Patients who died",
    "Deaths in care in the year, with each quarter. Deaths within 30 days of discharge are not "
    "among them; nor are those whose quarter is not certain.",
    f"{REGULATIONS}, item 27.1",
    measure=definitions.DEATHS,
)
REVIEWED = Item(
    "27.2",
    "27-2-reviewed-or-investigated",
    "Subject to case record review or investigation",
    "Of 27.1, those with a completed case record review or investigation, by quarter of death; a "
    "death with both counts once.",
    f"{REGULATIONS}, item 27.2",
    measure=definitions.REVIEWED_OR_INVESTIGATED,
)
LATE_REVIEWED = Item(
    "27.7",
    "27-7-previous-year-reviewed",
    "Deaths of the previous year, reviewed or investigated since its account",
    "Deaths in care in the year before, with a case record review or investigation that was "
    "complete by now and was not counted in that year's item 27.2.",
    _NOT_VERIFIED,
)
WORDS = {
    "27.4": (
        "What was learnt",
        f"Themes of the reviews of deaths judged {DUE_TO_PROBLEMS} (27.3).",
        f"{REGULATIONS}, item 27.4",
    ),
    "27.5": (
        "Actions taken and proposed",
        "What was done in the year, and will be done, in consequence of 27.4.",
        f"{REGULATIONS}, item 27.5",
    ),
    "27.6": (
        "Impact of the actions",
        "What came of the actions of 27.5 that were taken.",
        f"{REGULATIONS}, item 27.6",
    ),
}


# Items 27.3, 27.8 and 27.9, by the code of the scale.
JUDGED = {
    scale.code: Item(
        "27.3",
        f"27-3-due-to-problems-{scale.code}",
        f"Judged {DUE_TO_PROBLEMS}, on the {scale.name}",
        f"Estimate, of 27.2. {scale.method} Never added to figures on another scale.",
        f"{REGULATIONS}, item 27.3; {scale.source}",
        scale,
        definitions.JUDGED[scale.code],
    )
    for scale in SCALES
}
LATE_DUE_TO_PROBLEMS = {
    scale.code: Item(
        "27.8",
        f"27-8-previous-year-due-to-problems-{scale.code}",
        f"Of 27.7, judged {DUE_TO_PROBLEMS}, on the {scale.name}",
        f"Estimate. {scale.method} Never added to figures on another scale.",
        _NOT_VERIFIED,
        scale,
    )
    for scale in SCALES
}
REVISED = {
    scale.code: Item(
        "27.9",
        f"27-9-previous-year-revised-{scale.code}",
        f"Deaths of the previous year judged {DUE_TO_PROBLEMS}, revised, on the {scale.name}",
        "The previous year's item 27.3 as it would be counted now: with 27.8, and with judgements "
        "that were changed since.",
        _NOT_VERIFIED,
        scale,
    )
    for scale in SCALES
}
BY_QUARTER = (DEATHS, REVIEWED, *JUDGED.values())
NUMBERS = (*BY_QUARTER, LATE_REVIEWED, *LATE_DUE_TO_PROBLEMS.values(), *REVISED.values())
