"""The programs of conformance/clients, each run in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version as installed
from typing import Any

from conformance.suites import node_modules
from conformance.suites.product import CLIENT, TRUST, Product, concern
from conformance.suites.suite import Case, Suite
from nhs import addresses

WITHIN = 240.0


def python_client(package: str, module: str) -> Suite:
    """Takes a package of PyPI and the module that uses it; returns the suite."""

    def run(product: Product) -> list[Case]:
        return _cases([sys.executable, "-m", f"conformance.clients.python.{module}"], product)

    return Suite(f"{package} (Python)", lambda: installed(package), run)


def javascript_client(package: str, program: str) -> Suite:
    """Takes a package of npm and the program that uses it; returns the suite."""

    def run(product: Product) -> list[Case]:
        node = node_modules.node()
        folder = product.folder / "javascript"
        node_modules.lay_out(folder)
        return _cases([node, str(folder / program)], product)

    return Suite(f"{package} (JavaScript)", lambda: node_modules.locked(package), run)


def _cases(words: list[str], product: Product) -> list[Case]:
    file = product.folder / "assignment.json"
    file.write_text(json.dumps(_assignment(product)))
    done = subprocess.run([*words, str(file)], capture_output=True, text=True, timeout=WITHIN)
    cases = [_case(json.loads(line)) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not cases:
        cases.append(Case("the program runs to its end", failed=done.stderr[-2000:]))
    return cases


def _case(said: dict[str, Any]) -> Case:
    return Case(said["case"], said.get("failed"))


def _assignment(product: Product) -> dict[str, Any]:
    return {
        "base": product.base,
        "first": product.tell_of_a_death(),
        "second": product.tell_of_a_death(),
        "token": product.token(),
        "assertion": product.assertion(),
        "client_id": CLIENT,
        "organisation": TRUST,
        "nhs_number_system": addresses.NHS_NUMBER,
        "concern": concern(product.tell_of_a_death()),
    }
