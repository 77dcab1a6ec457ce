"""A drafted site file loads, says what the sample shows, asks about the rest, and names nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from adapter.er7 import Message, NotHl7, read, split
from adapter.site_guess import guess
from mappings import Mappings, Site
from mappings.rows import FieldPlace
from nhs import nhs_number
from tests.adapter.conversion.messages import SHARED, Fields, adt, pid, pv1, segment

MAPPINGS = Mappings.load()
CORPUS = SHARED / "corpus"
FOLDERS = sorted(path for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else []


def number(n: int) -> str:
    """A valid NHS number of the test range, another for each n."""
    return next(nhs_number.of_test_range(10 * n))


def sample(
    people: int = 10, pid_fields: Fields | None = None, *lines: str, stay: Fields | None = None
) -> list[bytes]:
    """A message for each of some people; {n} in a field is the person's own number."""
    made: list[bytes] = []
    for n in range(people):
        fields = {3: f"M{n:05}^^^RT1^MR"} | (pid_fields or {})
        own = {k: v.replace("{n}", number(n)) for k, v in fields.items()}
        made.append(adt("A03", pid(own), pv1(stay), *lines))
    return made


def draft(raws: Iterable[bytes]) -> str:
    return guess((read(raw) for raw in raws), MAPPINGS)


def loaded(text: str, folder: Path) -> Site:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return Site.load(path)


def answered(text: str) -> str:
    """The draft after a person has taken the # away from every item, and the evidence out."""
    kept: list[str] = []
    is_item = False
    for line in text.splitlines():
        if line.startswith("# ?"):
            is_item = True
        elif is_item and re.match(r"#\s+\S|# [a-z0-9-]+:", line):
            kept.append(line.removeprefix("# "))
        else:
            is_item = False
            kept += [] if line.startswith("#") else [line]
    return "\n".join(kept)


def test_a_sender_who_writes_by_the_book_needs_nothing_but_what_is_seen(tmp_path: Path) -> None:
    text = draft(sample(10, {3: "{n}^^^NHS^NH~M1^^^RT1^MR"}, stay={36: "1", 37: "19"}))
    site, default = loaded(text, tmp_path), Site.default()
    assert site.discharge_method_field == default.discharge_method_field
    assert site.nhs_number_authorities == default.nhs_number_authorities
    assert site.patient_identity == ("RT1",)


def test_swapped_discharge_fields_are_found(tmp_path: Path) -> None:
    site = loaded(draft(sample(stay={36: "19", 37: "1"})), tmp_path)
    assert site.discharge_method_field == FieldPlace("PV1", 37)
    assert site.discharge_destination_field == FieldPlace("PV1", 36)


@pytest.mark.parametrize("stay", [{36: "19"}, {36: "1", 37: "1"}, {36: "Home", 37: "Dead"}])
def test_discharge_fields_in_doubt_are_a_question(stay: Fields, tmp_path: Path) -> None:
    text = draft(sample(stay=stay))
    assert "# ? " in text
    assert "\ndischarge-method-field" not in text
    assert "# discharge-method-field: PV1-3" in text
    assert loaded(text, tmp_path) is not None


def test_codes_of_the_list_of_emergency_departments_are_asked_about() -> None:
    assert "# discharge-method-codes: ae-disposal" in draft(sample(stay={36: "10"}))
    assert "ae-disposal" not in draft(sample(stay={36: "1"}))


def test_an_authority_whose_numbers_pass_the_check_is_one_of_nhs_numbers(tmp_path: Path) -> None:
    site = loaded(draft(sample(10, {3: "{n}^^^SPINE"})), tmp_path)
    assert site.nhs_number_authorities == Site.default().nhs_number_authorities | {"SPINE"}


def test_few_numbers_that_pass_are_a_question() -> None:
    text = draft(sample(3, {3: "{n}^^^SPINE"}))
    assert "\nnhs-number-authorities" not in text
    assert '# ? Are identifiers of "SPINE" NHS numbers?' in text


def test_nhs_numbers_in_pid_2(tmp_path: Path) -> None:
    assert loaded(draft(sample(10, {2: "{n}"})), tmp_path).nhs_number_in_pid_2 == "always"
    assert "# nhs-number-in-pid-2: never" in draft(sample(2, {2: "{n}"}))


def test_new_values_of_the_death_indicator_are_asked_about() -> None:
    text = draft(sample(4, {30: "X"}) + sample(4, {29: "20260101", 30: "Y"}))
    assert '# death-indicator: {"X": silent}' in text
    assert '"Y": 4 times' in text


def test_local_codes_z_segments_names_and_times_are_listed() -> None:
    raws = [
        raw.replace(b"|RT1|", b"|UCLH TRUST|", 1)
        for raw in sample(5, None, "ZLW|1|x", stay={4: "Elect Wait", 44: "202603011200+0000"})
    ]
    text = draft(raws)
    assert '# organisations: {"UCLH TRUST": ODS}' in text
    assert '#     "Elect Wait": CODE' in text
    assert "#   ZLW-2: 5" in text
    assert "# Times of day: 5 with an offset" in text


def test_answered_questions_load(tmp_path: Path) -> None:
    stay = {4: "Elect Wait", 36: "10", 37: "Home"}
    text = answered(draft(sample(10, {2: "M{n}", 30: "X"}, "ZXX|110", stay=stay)))
    site = loaded(text.replace("CODE", "11"), tmp_path)
    assert site.discharge_method_codes == "ae-disposal"
    assert site.codes["admission-method"]["ELECT WAIT"].code == "11"
    assert site.codes["yes-no"]["X"].code == "silent"
    assert [mapping.name for mapping in site.z_maps] == ["ZXX[Encounter]"]


SECRETS = ["SURNAME", "FORENAME", "19500203", "M1234567", "07700900123", "SW1A 1AA", "Dr Who"]


def test_nothing_about_anybody_is_shown() -> None:
    """Words of a person in every coded field of a message, of one person however often it comes."""
    for secret in SECRETS:
        raws = [
            adt(
                "A03",
                segment("PID", dict.fromkeys(range(1, 40), secret) | {3: "1^^^" + secret}),
                segment("PV1", dict.fromkeys(range(1, 52), secret)),
                segment("DG1", dict.fromkeys(range(1, 22), f"{secret}^{secret}^{secret}")),
                segment("ZZZ", dict.fromkeys(range(1, 22), secret)),
                msh={4: secret},
            )
            for _ in range(20)
        ]
        assert secret.upper() not in draft(raws).upper()


def test_identifiers_are_never_shown_however_many_have_them() -> None:
    shared = "4123456"
    text = draft(sample(10, {30: shared}, stay={4: shared, 36: shared}))
    assert shared not in text


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_draft_loads(folder: Path, tmp_path: Path) -> None:
    messages: list[Message] = []
    for path in sorted(folder.rglob("*.hl7")):
        for raw in split(path.read_bytes()):
            try:
                messages.append(read(raw))
            except NotHl7:
                continue
    text = guess(messages, MAPPINGS)
    assert loaded(text, tmp_path) is not None
