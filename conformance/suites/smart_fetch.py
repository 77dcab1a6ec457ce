"""smart-fetch, the bulk client of the SMART and Cumulus teams, by its own command: it gets its
token with a signed JWT, asks for an export, waits, fetches every file and removes the export."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import httpx

from conformance.suites.product import CLIENT, TRUST, Product
from conformance.suites.suite import Case, Skipped, Suite

# Those of the registry's types that smart-fetch knows.
TYPES = ("Condition", "Encounter", "Observation", "Patient", "ServiceRequest")
WITHIN = 240.0
TIMEOUT = 60.0
_PACKAGE = "smart-fetch"
Found = dict[str, set[str]]


def run(product: Product) -> list[Case]:
    """Takes the product; returns a case for each thing that smart-fetch is asked to do."""
    command = Path(sys.executable).with_name(_PACKAGE)
    if not command.exists():
        raise Skipped("smart-fetch is not installed")
    product.tell_of_a_death()
    return list(_cases(product, command))


def _cases(product: Product, command: Path) -> Iterator[Case]:
    for name, words in (("all", ()), ("group", ("--group", TRUST))):
        searched = _searched(product)
        folder = product.folder / f"smart-fetch-{name}"
        said = _fetch(product, command, folder, *words)
        yield Case(f"{name}: the command succeeds", failed=said)
        if said is not None:
            continue
        yield Case(f"{name}: it has what a search shows", failed=_differs(_read(folder), searched))
        yield Case(f"{name}: what it fetched is removed", failed=_still_there(product, folder))
        if name == "all":
            yield from _since(product, command, folder)


def _since(product: Product, command: Path, first: Path) -> Iterator[Case]:
    """What came after the first export."""
    before = _searched(product)
    folder = product.folder / "smart-fetch-since"
    product.tell_of_a_death()
    since = _transaction_time(first)
    said = _fetch(product, command, folder, "--since", since, "--since-mode", "updated")
    yield Case("since: the command succeeds", failed=said)
    if said is None:
        new = {name: ids - before[name] for name, ids in _searched(product).items()}
        yield Case("since: it has what is new", failed=_differs(_read(folder), new))


def _fetch(product: Product, command: Path, folder: Path, *words: str) -> str | None:
    """Runs the command; returns why it failed, None where it did not."""
    done = subprocess.run(
        [
            str(command), "bulk", str(folder), "--fhir-url", product.base,
            "--smart-client-id", CLIENT, "--smart-key", str(product.folder / f"{CLIENT}.pem"),
            "--type", ",".join(TYPES), "--no-default-filters", *words,
        ],
        # A client id that is the name of a file there would be read from it.
        cwd=product.folder, capture_output=True, text=True, timeout=WITHIN,
    )  # fmt: skip
    return None if done.returncode == 0 else (done.stdout + done.stderr)[-2000:]


def _searched(product: Product) -> Found:
    headers = {"Authorization": f"Bearer {product.token()}"}
    found: Found = {}
    with httpx.Client(headers=headers, timeout=TIMEOUT) as client:
        for name in TYPES:
            page = client.get(f"{product.base}/{name}?_count=1000").json()
            found[name] = {entry["resource"]["id"] for entry in page.get("entry", [])}
    return found


def _read(folder: Path) -> Found:
    found: Found = {name: set() for name in TYPES}
    for line in _lines(folder):
        if line["resourceType"] in found:
            found[line["resourceType"]].add(line["id"])
    return found


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.ndjson*")):
        if path.name.startswith("log."):
            continue
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        for line in text.splitlines():
            resource = json.loads(line)
            if "resourceType" in resource and "id" in resource:
                yield resource


def _differs(found: Found, wanted: Found) -> str | None:
    wrong = [name for name in TYPES if found[name] != wanted[name]]
    told = (f"{name}: {len(found[name])} fetched, {len(wanted[name])} there" for name in wrong)
    return "; ".join(told) or None


def _events(folder: Path) -> list[dict[str, Any]]:
    (log,) = folder.rglob("log.ndjson")
    return [json.loads(line) for line in log.read_text().splitlines()]


def _still_there(product: Product, folder: Path) -> str | None:
    """smart-fetch removes what it has fetched; its log has the address under which it was."""
    address = _events(folder)[-1]["exportId"]
    headers = {"Authorization": f"Bearer {product.token()}"}
    status = httpx.get(address, headers=headers, timeout=TIMEOUT).status_code
    return None if status == 404 else f"{address} is answered with {status}"


def _transaction_time(folder: Path) -> str:
    (event,) = [one for one in _events(folder) if one["eventId"] == "status_complete"]
    return str(event["eventDetail"]["transactionTime"])


def _version() -> str:
    try:
        return installed(_PACKAGE)
    except PackageNotFoundError:
        return "not here"


SUITES = (Suite("smart-fetch", _version, run),)
