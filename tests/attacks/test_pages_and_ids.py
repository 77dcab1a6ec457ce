"""What a client is given to come back with, changed or in other hands; and ids that are guessed."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import pytest

from registry.api.page_tokens import PARAMETER
from tests.attacks.target import FHIR, Target
from tests.end_to_end.exchange import Resource


@pytest.fixture
def token(target: Target) -> str:
    """A page's token: of a search by NHS number, which the address must not show."""
    asked = {"patient.identifier": f"https://fhir.nhs.uk/Id/nhs-number|{target.number}"}
    with target.client("RT1") as client:
        found: Resource = client.get("/Task", params=asked).json()
    address = next(str(one["url"]) for one in found["link"] if one["relation"] == "self")
    assert target.number not in address
    return parse_qs(urlsplit(address).query)[PARAMETER][0]


def page(
    target: Target, token: str, organisation: str = "RT1", what: str = "Task"
) -> httpx.Response:
    with target.client(organisation) as client:
        return client.get(f"/{what}", params={PARAMETER: token})


def test_its_own_client_may_come_back_with_it(target: Target, token: str) -> None:
    answer = page(target, token)
    assert answer.status_code == 200
    assert answer.json()["entry"]


def test_it_hides_what_it_holds(target: Target, token: str) -> None:
    for part in token.split("."):
        plain = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        assert target.number.encode() not in plain
        assert b"identifier" not in plain


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4])
def test_changed_anywhere(target: Target, token: str, place: int) -> None:
    parts = token.split(".")
    flipped = bytearray(base64.urlsafe_b64decode(parts[place] + "==") or b"x")
    flipped[len(flipped) // 2] ^= 1
    parts[place] = base64.urlsafe_b64encode(flipped).rstrip(b"=").decode()
    assert page(target, ".".join(parts)).status_code == 400


def test_cut_joined_or_invented(target: Target, token: str) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","enc":"none"}').rstrip(b"=").decode()
    for made in (
        token[:-8],
        token * 2,
        ".".join([header, *token.split(".")[1:]]),
        "....",
        "e30.e30.e30.e30.e30",
        "x",
        "' OR '1'='1",
    ):
        assert page(target, made).status_code == 400, made


def test_used_by_another_client(target: Target, token: str) -> None:
    answer = page(target, token, "RT2")
    assert answer.status_code == 400
    assert target.case["id"] not in answer.text


def test_used_by_the_same_organisation_in_another_role(target: Target, token: str) -> None:
    name = target.register("second-of-RT1", "RT1", "provider")
    assert name.key is not None
    with target.client("QX1", "icb") as board:
        assert board.get("/Task", params={PARAMETER: token}).status_code == 400


def test_used_for_another_type(target: Target, token: str) -> None:
    answer = page(target, token, what="Patient")
    assert answer.status_code == 400
    assert "entry" not in answer.json()


def test_with_more_parameters_beside_it(target: Target, token: str) -> None:
    with target.client("RT1") as client:
        answer = client.get("/Task", params={PARAMETER: [token, token]})
        assert answer.status_code == 400
        answer = client.get("/Task", params={PARAMETER: token, "_count": "1000"})
        assert answer.status_code in (200, 400)


def _alike(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json()


def test_a_foreign_id_is_answered_like_one_that_does_not_exist(target: Target) -> None:
    with target.client("RT1") as insider:
        found = insider.get("/Task", params={"_include": "Task:patient"}).json()["entry"]
        deaths = insider.get("/Observation").json()["entry"]
    with target.client("RT2") as outsider:
        for entry in [*found, *deaths]:
            what, known = entry["resource"]["resourceType"], entry["resource"]["id"]
            invented = known[:-4] + ("0000" if not known.endswith("0000") else "1111")
            for path in ("", "/_history", "/_history/1"):
                real = outsider.get(f"/{what}/{known}{path}")
                made_up = outsider.get(f"/{what}/{invented}{path}")
                assert real.status_code == 404, path
                assert _alike(real) == _alike(made_up), path
            if what != "Task":
                continue
            body = dict(entry["resource"])
            for match in ('W/"1"', f'W/"{body["meta"]["versionId"]}"'):
                headers = FHIR | {"If-Match": match}
                real = outsider.put(f"/Task/{known}", json=body, headers=headers)
                made_up = outsider.put(
                    f"/Task/{invented}", json=body | {"id": invented}, headers=headers
                )
                assert real.status_code in (403, 404, 405), real.text
                assert _alike(real) == _alike(made_up)


def test_ids_do_not_follow_from_the_nhs_number(target: Target) -> None:
    """Who knows a number must not be able to compute where the record is."""
    with target.client("RT1") as insider:
        found = insider.get("/Task", params={"_include": "Task:patient"}).json()["entry"]
    ids = {entry["resource"]["id"].replace("-", "").lower() for entry in found}
    texts = [f"{before}{target.number}" for before in ("", "https://fhir.nhs.uk/Id/nhs-number|",
                                                       "Patient/", "Task/")]  # fmt: skip
    for text in texts:
        for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(algorithm, text.encode()).hexdigest()
            assert not any(digest.startswith(one[:16]) for one in ids)
        assert uuid5(NAMESPACE_URL, text).hex not in ids
    assert not any(target.number in one for one in ids)


def test_guessing_finds_nothing(target: Target) -> None:
    with target.client("RT2") as outsider:
        for guess in (*(str(n) for n in range(20)), *(str(uuid4()) for _ in range(20))):
            assert outsider.get(f"/Patient/{guess}").status_code == 404
