"""Pyrofile's own scenarios of a FHIR REST API, and its scan: every resource that searches give,
validated by a validator that shares nothing with ours."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version as installed
from typing import Any

import httpx
from pyrofile_validator import (
    ApiScanOptions,
    ApiTestOptions,
    load_builtin_api_test_plan,
    run_api_tests,
    scan_api,
)

from conformance.suites.product import Product
from conformance.suites.suite import Case, Suite
from nhs import addresses

DISTRIBUTION = "pyrofile-validator"
TYPES = (
    "Task", "Patient", "Observation", "Encounter", "Condition", "Flag", "Provenance",
    "ServiceRequest", "Organization",
)  # fmt: skip
TIMEOUT = 60.0
_UK_CORE = f"{addresses.UK_CORE}/StructureDefinition/Extension-UKCore-"


def scenarios(product: Product) -> list[Case]:
    """Takes the product; returns how each scenario went for each type of which there is one."""
    product.tell_of_a_death()
    headers = {"Authorization": f"Bearer {product.token()}"}
    plan = load_builtin_api_test_plan("base-r4")
    cases: list[Case] = []
    for resource_type in TYPES:
        with httpx.Client(headers=headers, timeout=TIMEOUT) as client:
            found = client.get(f"{product.base}/{resource_type}?_count=1").json()
        for entry in found.get("entry", []):
            resource: dict[str, Any] = entry["resource"]
            inputs = {
                "resourceType": resource_type,
                "resourceId": resource["id"],
                "versionId": resource["meta"]["versionId"],
            }
            options = ApiTestOptions(headers=headers, inputs=inputs, timeout_seconds=TIMEOUT)
            report: Any = run_api_tests(product.base, plan, options=options)
            cases += (_case(resource_type, one) for one in report.to_dict()["scenarios"])
    return cases


def scan(product: Product) -> list[Case]:
    """Takes the product; returns a case for each type: what its resources are found to lack."""
    product.tell_of_a_death()
    headers = {"Authorization": f"Bearer {product.token()}"}
    cases: list[Case] = []
    for resource_type in TYPES:
        options = ApiScanOptions((resource_type,), headers=headers, timeout_seconds=TIMEOUT)
        report: Any = scan_api(product.base, options=options)
        errors = list(_errors(report.issues))
        failed = "\n".join(errors) or None
        cases.append(Case(f"every {resource_type} is valid", failed=failed))
    return cases


def _errors(issues: Iterable[Any]) -> Iterable[str]:
    """It is given no definitions of UK Core, so it can't know their extensions; HL7's validator
    checks them (hl7_validator.py)."""
    for issue in issues:
        is_unknown = issue.code == "extension.unknown" and _UK_CORE in issue.message
        if issue.severity.value in ("error", "fatal") and not is_unknown:
            yield f"{issue.path}: {issue.message}"


def _case(resource_type: str, said: dict[str, Any]) -> Case:
    failed = None
    if said["status"] == "fail":
        wrong = [a for a in said["assertions"] if a["status"] == "fail"]
        failed = f"{wrong or said}"
    skipped = said.get("skipReason") if said["status"] == "skip" else None
    return Case(f"{resource_type}: {said['name']}", failed, skipped)


def _version() -> str:
    return installed(DISTRIBUTION)


SUITES = (
    Suite("pyrofile API scenarios", _version, scenarios),
    Suite("pyrofile scan", _version, scan),
)
