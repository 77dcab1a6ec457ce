"""What a national recipient gets names nobody, dates nobody to the day, and leads from one
recipient's export to no other's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import canonical
from conformance.registry_subjects import registry_resources
from conformance.validator import OUR_PACKAGE
from registry.core.derive import derive
from registry.core.fhir.person import PersonResources
from registry.core.identity import NumberPolicy, persons
from registry.core.resource_ids import ResourceIds
from registry.export.pseudonymised import ELEMENTS, Pseudonyms, age_band, pseudonymised
from tests.registry.core.histories import KNOWN, Whole, wholes

Json = dict[str, Any]
NAMES = Pseudonyms.of_recipient(b"secret", "X26")
OTHERS = Pseudonyms.of_recipient(b"secret", "ZZ1")
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
# Of the many things that the registry can say: enough to have every type in every state.
MOST = 2500
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Elements whose texts are codes and addresses, the same for everybody.
_VOCABULARY = {"system", "code", "url", "resourceType"}
_HASH = re.compile(r"([A-Z][A-Za-z]+/)?[0-9a-f]{32}")
_MONTH = re.compile(r"\d{4}(-\d\d)?")
_STATUS = {"status", "intent", "gender", "valueCode"}


def drawn(whole: Whole) -> list[Json]:
    """All resources of a history, of the types that are exported."""
    found: list[Json] = []
    for person in persons(whole.history, NumberPolicy(allow_test_numbers=True)):
        state = derive(person, whole.decisions, KNOWN, whole.concerns)
        built = PersonResources(state, ResourceIds(b"ids"), KNOWN.directory)
        found += [one.resource for one in built.all({}, NOW) if one.audience is None]
    return [one for one in found if one["resourceType"] in ELEMENTS]


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a resource, with the name of its element."""
    if isinstance(value, dict):
        for key, inner in cast(Json, value).items():
            yield from texts(inner, key)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from texts(inner, name)
    elif isinstance(value, str):
        yield name, value


def identifying(resource: Json) -> set[str]:
    """The texts of a resource that may lead to somebody: all but codes, addresses and statuses."""
    return {
        text
        for name, text in texts(resource)
        if name not in _VOCABULARY | _STATUS
        and len(text) > 4
        and not text.startswith("http")
        and not _MONTH.fullmatch(text)
    } - {"official"}


def assert_names_nobody(resource: Json, shown: Json) -> None:
    written = orjson.dumps(shown).decode()
    for text in identifying(resource):
        assert text not in written, text
    assert not _DAY.search(written)
    for name, text in texts(shown):
        is_known = name in _VOCABULARY or name in _STATUS
        assert is_known or _HASH.fullmatch(text) or _MONTH.fullmatch(text), (name, text)
        assert not re.search(r"\d{10}", text) or _HASH.fullmatch(text), (name, text)


@settings(max_examples=60, deadline=None)
@given(wholes())
def test_nothing_identifying_is_left_of_any_history(whole: Whole) -> None:
    for resource in drawn(whole):
        assert_names_nobody(resource, pseudonymised(resource, NAMES))


def test_nor_of_what_the_registry_can_say_at_all() -> None:
    seen: set[str] = set()
    validated: set[tuple[str, ...]] = set()
    for _, resource in islice(registry_resources([]), 0, MOST):
        if resource["resourceType"] in ELEMENTS:
            seen.add(resource["resourceType"])
            shown = pseudonymised(resource, NAMES)
            assert_names_nobody(resource, shown)
            # Once for each set of elements: hundreds of resources differ in their codes alone.
            kind = (resource["resourceType"], *sorted(shown))
            if kind not in validated:
                validated.add(kind)
                get_fhir_model_class(resource["resourceType"]).model_validate(shown)
    assert seen == set(ELEMENTS)


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_field_of_codes_may_hold_anything(system: str, code: str) -> None:
    """A number, a name or a day in a coded field is not shown, in whatever system it is said."""
    flag: Json = {"resourceType": "Flag", "id": "1"}
    for text in ("9990000018", "Tester", "1950-05-04", "TESTER, Terry", code):
        flag["code"] = {"coding": [{"system": system, "code": text}], "text": text}
        shown = pseudonymised(flag, NAMES)
        assert "code" not in shown or system.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "system",
    [
        "http://snomed.info/sct",
        "http://hl7.org/fhir/sid/icd-10",
        f"{canonical.CODE_SYSTEM}flag",
        "https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCodeEngland",
    ],
)
@pytest.mark.parametrize("code", ["9990000018", "999 000 0018", "1950-05-04", "TESTER, Terry", ""])
def test_a_known_system_shows_only_what_can_be_its_code(system: str, code: str) -> None:
    flag = {
        "resourceType": "Flag",
        "id": "1",
        "code": {"coding": [{"system": system, "code": code}]},
    }
    assert "code" not in pseudonymised(flag, NAMES)


def test_every_code_that_the_registry_writes_is_shown() -> None:
    """What the guide's own systems hold is the same for everybody."""
    for path in OUR_PACKAGE.glob("CodeSystem-*.json"):
        system = orjson.loads(path.read_bytes())
        # Of returns and of messages, which are not exported.
        if system["id"] in ("return-figure", "national-event", "ae-attendance-disposal"):
            continue
        for concept in system.get("concept", []):
            coding = {"system": system["url"], "code": concept["code"]}
            flag = {"resourceType": "Flag", "id": "1", "code": {"coding": [coding]}}
            assert pseudonymised(flag, NAMES)["code"] == {"coding": [coding]}


@given(wholes())
@settings(max_examples=30, deadline=None)
def test_two_recipients_have_no_id_in_common_and_one_has_the_same_twice(whole: Whole) -> None:
    for resource in drawn(whole):
        mine, theirs = (pseudonymised(resource, names) for names in (NAMES, OTHERS))
        again = pseudonymised(orjson.loads(orjson.dumps(resource)), NAMES)
        assert again == mine
        hashes = [
            {t.rpartition("/")[2] for _, t in texts(shown) if _HASH.fullmatch(t)}
            for shown in (mine, theirs)
        ]
        assert hashes[0]
        assert not hashes[0] & hashes[1]


@given(wholes())
@settings(max_examples=30, deadline=None)
def test_what_belongs_together_still_does(whole: Whole) -> None:
    """A reference leads where it led."""
    resources = drawn(whole)
    new = {
        f"{r['resourceType']}/{r['id']}": f"{r['resourceType']}/{pseudonymised(r, NAMES)['id']}"
        for r in resources
    }
    for resource in resources:
        before = resource.get("subject", resource.get("for"))
        shown = pseudonymised(resource, NAMES)
        after = shown.get("subject", shown.get("for"))
        if before is not None and before["reference"] in new:
            assert after == {"reference": new[before["reference"]]}


@pytest.mark.parametrize(
    ("born", "died", "band"),
    [
        ("1950-05-04", "2026-02-09", "75-84"),
        ("1951-03-01", "2026-02-09", "65-74"),
        ("1951-03-01", "2026-03-01", "75-84"),
        ("1951", "2026-02-09", None),
        ("1950", "2026-02", "75-84"),
        ("2026-01-01", "2026-02-09", "under-1"),
        ("2025-02-09", "2026-02-09", "1-17"),
        ("1920-05-04", "2026-02-09", "85-and-over"),
        ("1950-05-04", None, None),
        (None, "2026-02-09", None),
        ("2027-01-01", "2026-02-09", None),
        ("nonsense", "2026-02-09", None),
    ],
)
def test_an_age_band_is_said_where_the_dates_leave_no_doubt(
    born: str | None, died: str | None, band: str | None
) -> None:
    assert age_band({"birthDate": born, "deceasedDateTime": died}) == band
