"""The Bundle as a whole: order, sources, times, the same bytes for the same message."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.conversion import Converter, Refusal, minimise
from tests.adapter.conversion.messages import (
    PERSON,
    STAY,
    adt,
    convert,
    converter,
    only,
    pid,
    pv1,
    references,
    resources,
    segment,
)

FULL = adt(
    "A01",
    pid({29: "2026031", 30: "Y"}),
    "PD1|||Surgery^^Y00001|G1234567^Good^Greta^^^Dr^^^GMP",
    pv1({7: "C1234567^Kind^Kim^^^Dr^^^GMC", 10: "300"}),
    "PV2|||^Fell at home",
    "DG1|1||F720^^ICD10||20260301",
)


def check(bundle: dict[str, Any]) -> None:
    """The Bundle is valid FHIR and complete in itself."""
    Bundle.model_validate(json.loads(json.dumps(bundle)))
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert set(references(bundle)) <= urls
    assert all(e["fullUrl"] == f"urn:uuid:{e['resource']['id']}" for e in bundle["entry"])
    assert len(urls) == len(bundle["entry"])


def test_the_same_message_gives_the_same_bytes() -> None:
    assert json.dumps(Converter().convert(FULL).bundle) == json.dumps(convert(FULL))


def test_order_of_entries() -> None:
    kinds = [entry["resource"]["resourceType"] for entry in convert(FULL)["entry"]]
    assert kinds[:5] == ["MessageHeader", "Organization", "Patient", "Encounter", "Condition"]
    assert kinds[-2:] == ["Provenance", "OperationOutcome"]
    check(convert(FULL))
    check(minimise(convert(FULL)))


def test_provenance_names_message_and_hash() -> None:
    provenance = only(convert(FULL), "Provenance")
    assert provenance["recorded"] == "2026-03-14T09:14:00+00:00"
    control_id, digest = (e["what"]["identifier"] for e in provenance["entity"])
    assert control_id["value"] == "C1"
    assert digest["value"] == f"urn:hash::sha256:{hashlib.sha256(FULL).hexdigest()}"


@pytest.mark.parametrize(
    ("evn_2", "msh_7", "recorded"),
    [
        ("20260314091400", "20260314091500", "2026-03-14T09:14:00+00:00"),
        ("20260314", "20260314091500", "2026-03-14T09:15:00+00:00"),
        ("", "20260314", None),
        ("x", "", None),
    ],
)
def test_recorded_falls_back_and_may_be_unknown(
    evn_2: str, msh_7: str, recorded: str | None
) -> None:
    raw = adt("A31", pid(), msh={7: msh_7}).replace(
        b"EVN||20260314091400", f"EVN||{evn_2}".encode()
    )
    bundle = convert(raw)
    provenance = only(bundle, "Provenance")
    assert provenance.get("recorded") == recorded
    assert ("_recorded" in provenance) is (recorded is None)
    assert ("timestamp" in bundle) is (len(msh_7) == 14)
    check(bundle)


def test_people_and_practices_are_referred_to() -> None:
    bundle = convert(FULL)
    practice = resources(bundle, "Organization")[1]
    assert practice["identifier"][0]["value"] == "Y00001"
    assert only(bundle, "Patient")["generalPractitioner"][0]["reference"].endswith(practice["id"])
    numbers = {p["identifier"][0]["value"] for p in resources(bundle, "Practitioner")}
    assert numbers == {"G1234567", "C1234567"}


VALUE = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ['""', "20260314", "202613", "4", "79", "Y", "N", "^^^", "a^b^c&d~e", "~", "&"]
    ),
)
EVENTS = st.sampled_from(["A01", "A03", "A08", "A13", "A17", "A31", "A40", "A45", "A50"])


@settings(max_examples=150, deadline=None)
@given(
    EVENTS,
    st.dictionaries(st.integers(1, 40), VALUE, max_size=8),
    st.dictionaries(st.integers(1, 50), VALUE, max_size=8),
    st.dictionaries(st.integers(1, 21), VALUE, max_size=5),
    st.dictionaries(st.sampled_from([3, 4, 5, 6, 7, 8, 10, 11, 18]), VALUE, max_size=3),
)
def test_whatever_the_fields_hold_the_bundle_is_valid_or_the_message_refused(
    event: str,
    person: dict[int, str],
    stay: dict[int, str],
    diagnosis: dict[int, str],
    msh: dict[int, str],
) -> None:
    lines = [
        segment("PID", PERSON | person),
        "MRG|M2^^^RT1||||V0",
        segment("PV1", STAY | stay),
        segment("DG1", {3: "F720"} | diagnosis),
        segment("PD1", {3: person.get(3, ""), 4: stay.get(7, "")}),
    ]
    raw = "\r".join([adt(event, msh=msh).decode().strip(), *lines]).encode()
    try:
        bundle = converter().convert(raw).bundle
    except Refusal:
        return
    if bundle is not None:
        check(bundle)
        check(minimise(bundle))
