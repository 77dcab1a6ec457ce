"""What fuzzing begins with: messages of several shapes, and the corpus where it is there."""

from __future__ import annotations

from tests.adapter.bad_input.inputs import INPUTS
from tests.adapter.conversion.messages import SHARED, adt, pid, pv1, segment

_LARGEST = 4_000
_EVENTS = ("A01", "A03", "A08", "A11", "A13", "A28", "A31", "A40", "A45", "A20")

EXTRA = [
    segment("DG1", {1: "1", 3: "F84.0^Autism^I10", 5: "20260301"}),
    segment("PDA", {1: "I21^Infarct^I10", 2: "W1^B1", 5: "20260314085500", 8: "Y"}),
    segment("MRG", {1: "M2^^^RT1^MR", 4: "9990000026"}),
    segment("OBX", {1: "1", 2: "CE", 3: "8302-2^Height^LN", 5: "1.75&x\\T\\", 11: "F"}),
    segment("AL1", {1: "1", 2: "DA", 3: "X1^Penicillin", 4: "SV", 6: "2020"}),
    segment("NK1", {1: "1", 2: "TESTER^Tara", 3: "SPO", 5: "0113^PRN^PH"}),
    segment("PV2", {3: "^Fall", 8: "20260313"}),
    segment("PR1", {1: "1", 3: "X40^Dialysis^OPCS4", 5: "20260310"}),
    segment("ZU1", {1: "a", 5: "b"}),
]


def seeds() -> list[bytes]:
    """Returns them, small ones only."""
    made = [adt(event, pid(), pv1(), *EXTRA) for event in _EVENTS]
    death = pid({7: '""', 29: "20260314", 30: "N"})
    made.append(adt("A08", death, pv1({36: "4", 37: "79", 45: "2026"})))
    made += [make() for name, make in INPUTS.items() if "million" not in name and "MB" not in name]
    files = sorted((SHARED / "corpus").rglob("*.hl7"))
    made += [content for path in files if len(content := path.read_bytes()) <= _LARGEST]
    return made
