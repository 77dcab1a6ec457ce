"""schemathesis, by its own command: requests made from our OpenAPI document, right and wrong, and
whether the answers are what the document says."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version as installed
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from conformance.suites.product import Product
from conformance.suites.suite import Case, Suite

EXAMPLES = 4
WITHIN = 270.0
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance", "missing_required_header",
)  # fmt: skip


def run(product: Product) -> list[Case]:
    """Takes the product; returns a case for each operation of the document."""
    report = product.folder / "schemathesis.xml"
    command = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            str(command), "run", f"{product.origin}/openapi.json",
            "--header", f"Authorization: Bearer {product.token()}",
            "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--phases",
            "examples,fuzzing", "--generation-database", "none", "--seed", "1",
            "--report", "junit", "--report-junit-path", str(report),
        ],
        cwd=product.folder, capture_output=True, text=True, timeout=WITHIN,
    )  # fmt: skip
    if not report.exists():
        return [Case("the command runs to its end", failed=(done.stderr or done.stdout)[-2000:])]
    return [_case(one) for one in ElementTree.parse(report).iter("testcase")]


def _case(found: Element) -> Case:
    name = found.get("name", "")
    for kind in ("failure", "error"):
        said = found.find(kind)
        if said is not None:
            return Case(name, failed=f"{said.get('message', kind)}\n{said.text or ''}".strip())
    left = found.find("skipped")
    skipped = None if left is None else left.get("message") or left.text or "not tried"
    return Case(name, skipped=skipped)


SUITES = (Suite("schemathesis", lambda: installed("schemathesis"), run),)
