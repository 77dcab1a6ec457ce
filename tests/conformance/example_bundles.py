"""Bundles of times that FHIR compares with difficulty and of every language; and wrong ones."""

from __future__ import annotations

import copy
from typing import Any

from adapter.conversion import minimise
from mappings import Mappings
from tests.adapter.conversion.messages import adt, convert, pid, pv1

Resource = dict[str, Any]
PERIODS = [
    ("20260301", "20260301101500"),
    ("20260301101500", "20260301"),
    ("20260302", "20260301"),
    ("202603", "20260304"),
    ("2026", "20260301101500"),
    ("20260630", "20260701003000"),
    ("20260228", "20260301003000+0100"),
    ("20260301233000-0500", "20260301"),
    ("20260302003000+0200", "20260301"),
    ("20261025013000", "20261025"),
]


def converted(*fields: dict[int, str]) -> Resource:
    """The Bundle of an A03; fields of PID, then of PV1."""
    person, stay = (*fields, {}, {})[:2]
    return convert(adt("A03", pid(person), pv1(stay)))


def changed(bundle: Resource, kind: str, **elements: Any) -> Resource:
    changed = copy.deepcopy(bundle)
    for entry in changed["entry"]:
        if entry["resource"]["resourceType"] == kind:
            entry["resource"].update(elements)
    return changed


def with_entry(bundle: Resource, **resource: Any) -> Resource:
    entry = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
    return {**bundle, "entry": [*bundle["entry"], entry]}


def wrong_bundles() -> dict[str, Resource]:
    full = converted({}, {45: "20260302101500"})
    least = minimise(full)
    stranger = {"resourceType": "Practitioner", "id": "00000000-0000-4000-8000-000000000001"}
    unknown = {"url": "http://unknown.example/x", "valueString": "x"}
    tongue = {"coding": [{"system": "urn:ietf:bcp:47", "code": "qqq"}]}
    return {
        "status that is no status": changed(full, "Encounter", status="gone"),
        "unknown extension": changed(full, "Patient", extension=[unknown]),
        "unknown element": changed(full, "Patient", nickname="x"),
        "unknown profile": changed(full, "Patient", meta={"profile": ["http://unknown.example/p"]}),
        "no language": changed(full, "Patient", communication=[{"language": tongue}]),
        "telephone leaves the trust": changed(least, "Patient", telecom=[{"value": "1"}]),
        "whole postcode leaves": changed(least, "Patient", address=[{"postalCode": "LS1 4AB"}]),
        "words leave": changed(least, "Encounter", serviceType={"text": "x"}),
        "doctor leaves": with_entry(least, **stranger),
    }


def right_bundles() -> dict[str, Resource]:
    bundles = {"minimised": minimise(converted({}, {45: "20260302101500"}))}
    for start, end in PERIODS:
        bundles[f"stay {start} {end}"] = converted({}, {44: start, 45: end})
        name = f"TESTER^Terry^^^^^L^^^^^{start}^{end}"
        bundles[f"name {start} {end}"] = converted({5: name})
    languages = {target.code for target in Mappings.load().codes["language"].targets.values()}
    for code in (*languages, "E", "86^ENGLISH ONLY"):
        bundles[f"language {code}"] = converted({15: code})
    return bundles
