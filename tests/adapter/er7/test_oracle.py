"""adapter.er7 against hl7apy: the same values in the same places, or a listed difference.

LFD_NIGHTLY=1 compares the whole corpus and more generated messages.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.er7 import Message, NotHl7, read, split
from adapter.er7.charset import decode
from tests.adapter.conversion.messages import SHARED
from tests.adapter.er7.differences import DIFFERENCES, JOINED, MENDS
from tests.adapter.er7.hl7apy_reading import UNPLACED, Place, Value, values

CORPUS = SHARED / "corpus"
NIGHTLY = bool(os.environ.get("LFD_NIGHTLY"))
_LARGEST = 10_000_000 if NIGHTLY else 4_000
_EXAMPLES = 2_000 if NIGHTLY else 150
_REWRITTEN = {"delimiters": (0, 2), "version": (0, 12)}


def mended(text: str) -> tuple[str, list[str]]:
    """Takes a message; returns what hl7apy can read of it, and the kinds it is of."""
    kinds: list[str] = []
    for mend in MENDS:
        rewritten = mend.rewrite(text)
        if rewritten.rstrip("\r") != text.rstrip("\r"):
            kinds.append(mend.name)
        text = rewritten
    return text, kinds


def ours(message: Message) -> dict[Place, str]:
    """Every value that the reader gives, by its place."""
    found: dict[Place, str] = {}
    for number, segment in enumerate(message.segments):
        for field in range(1, len(segment) + 1):
            for repetition, composite in enumerate(segment.composites(field), 1):
                mark = message.delimiters.subcomponent
                is_delimiters = number == 0 and field <= 2
                for component, raw in enumerate(composite.components, 1):
                    count = 1 + (raw.count(mark) if mark and not is_delimiters else 0)
                    for subcomponent in range(1, count + 1):
                        place = (number, field, repetition, component, subcomponent)
                        found[place] = composite.text(component, subcomponent)
    return {place: text for place, text in found.items() if text}


def compare(raw: bytes) -> Counter[str]:
    """Takes a message; returns how often each kind of difference occurs. Fails on any other."""
    message = read(raw)
    text, kinds = mended(decode(raw.strip(b"\x0b\x1c"))[0])
    rewritten = {_REWRITTEN[kind] for kind in kinds if kind in _REWRITTEN}
    counts = Counter(kinds)
    own = {place: value for place, value in ours(message).items() if place[:2] not in rewritten}
    unplaced: list[Value] = []
    for theirs in values(text):
        value = Value(theirs.place, theirs.written.replace(JOINED, "\n"), theirs.is_text)
        if value.place[:2] in rewritten or not value.written.strip():
            continue
        if UNPLACED in value.place[1:]:
            unplaced.append(value)
            continue
        counts[_kind(own.pop(value.place, ""), value, message)] += 1
    for value in unplaced:
        beside = (place for place in own if place[0] == value.place[0])
        place = next((place for place in beside if _fits(own[place], value, message)), value.place)
        counts[_kind(own.pop(place, ""), value, message)] += 1
    assert not own, f"only the reader has {own}"
    return counts


def _fits(text: str, value: Value, message: Message) -> bool:
    return DIFFERENCES[-1].applies(text, value, message.delimiters)


def _kind(text: str, value: Value, message: Message) -> str:
    if text == value.written and UNPLACED not in value.place[1:]:
        return "same"
    delimiters = message.delimiters
    found = [one.name for one in reversed(DIFFERENCES) if one.applies(text, value, delimiters)]
    assert found, f"{value} is {text!r} for us"
    return found[0]


def corpus() -> Iterator[bytes]:
    """The messages of the corpus that the reader reads."""
    for path in sorted(CORPUS.rglob("*.hl7")):
        for raw in split(path.read_bytes()):
            try:
                read(raw)
            except NotHl7:
                continue
            yield raw


@pytest.mark.timeout(600)
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_corpus_has_the_values_that_hl7apy_reads() -> None:
    counts: Counter[str] = Counter()
    for raw in corpus():
        if len(raw) <= _LARGEST:
            counts += compare(raw)
    assert counts["same"] > 10_000


_HEADER = "MSH|^~\\&|PAS|RXX|TIE|RXX|20260314091500||ADT^A03^ADT_A03|C1|P|2.4\r"
EXAMPLES = {
    "frame": f" \x0b{_HEADER}PID|1\x1c ",
    "controls": f"{_HEADER}PID|1||A\x01B",
    "line ends": f"{_HEADER}PID|1\nPV1|1  \r\n",
    "continuation": f"{_HEADER}NTE|1||one\rtwo, three|four\rPV1|1",
    "capitals": f"{_HEADER}pid|1||A",
    "delimiters": _HEADER.replace("^~\\&", "^~") + "PID|1||A^B&C~D\\T\\E",
    "version": _HEADER.replace("|2.4", "|2.99") + "PID|1||A",
    "segment": f"{_HEADER}QQQ|1||A^B&C~D",
    "escaped": f"{_HEADER}PID|1||A\\T\\B \\X41\\ \\.br\\ \\Zlocal\\ \\H\\bold\\N\\",
    "padded": f"{_HEADER}PID|1|| A ^ B",
    "number": f"{_HEADER}PID|0001",
    "unplaced": f"{_HEADER}PID|1||A^^^B&C&D&E^^^^^^^^^F" + "|" * 50 + "G",
}


def test_every_kind_has_an_example_and_a_reason() -> None:
    kinds = [*MENDS, *DIFFERENCES]
    assert {kind.name for kind in kinds} == set(EXAMPLES)
    assert all(kind.reason for kind in kinds)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_kind_really_occurs(kind: str) -> None:
    assert compare(EXAMPLES[kind].encode())[kind] > 0


_LETTERS = st.text("AbZé01 .,-/()@", max_size=8)
_SEPARATORS = "|^~\\&#!*+;:$%=?_`{}<>'/@"
_SEGMENTS = ("PID", "PV1", "EVN", "NK1", "OBX", "DG1", "MRG", "ZU1", "QQQ", "pv2")


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Messages of any shape: delimiters, versions, nesting, escapes, nulls, trailing ones."""
    usual = draw(st.booleans())
    field, component, repetition, mark, subcomponent = (
        "|^~\\&" if usual else draw(st.permutations(_SEPARATORS))[:5]
    )
    plain = _LETTERS.map(lambda text: "".join(c for c in text if c not in delimiters))
    delimiters = {field, component, repetition, mark, subcomponent}
    sequence = st.sampled_from(["F", "S", "T", "R", "E", "H", "X41", ".br", ".sp2", "Zx", "Q"])
    escaped = sequence.map(lambda name: f"{mark}{name}{mark}")
    leaf = st.one_of(
        plain, plain, st.just('""'), st.lists(plain | escaped, max_size=3).map("".join)
    )
    parts = st.lists(leaf, max_size=3).map(subcomponent.join)
    repeated = st.lists(parts, max_size=5).map(component.join)
    fields = st.lists(repeated, max_size=3).map(repetition.join)
    version = draw(
        st.sampled_from(["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.6", "2.8", "2.9"])
    )
    header = ["MSH", f"{component}{repetition}{mark}{subcomponent}", "PAS", "RXX", "", "", "2026"]
    header += ["", f"ADT{component}A03", draw(plain), "P", version]
    lines = [field.join(header) + draw(st.sampled_from(["", field, field * 3]))]
    for name in draw(st.lists(st.sampled_from(_SEGMENTS), max_size=5)):
        lines.append(field.join([name, *draw(st.lists(fields, max_size=12))]))
    end = draw(st.sampled_from(["\r", "\n", "\r\n"]))
    return (end.join(lines) + draw(st.sampled_from(["", end]))).encode()


@pytest.mark.timeout(600)
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(messages())
def test_generated_messages_have_the_values_that_hl7apy_reads(raw: bytes) -> None:
    compare(raw)
