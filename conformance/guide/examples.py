"""Examples of the guide, taken from a run of the product: what it sent and answered, as it was.

`python -m conformance.guide.examples` starts `lfd up`, tells it of a death, takes steps on its
review, and writes what comes of it to conformance/examples.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from adapter.conversion import Converter, minimise
from conformance.guide.archive import file_name, text
from conformance.suites.product import (
    BOARD_CLIENT,
    CLIENT,
    NotRunning,
    Product,
    concern,
    running,
)
from nhs import addresses

FOLDER = Path(__file__).parents[1] / "examples"
Resource = dict[str, Any]
TIMEOUT = 60.0
# What a search for one person finds and brings along, one of each type.
_ABOUT_A_PERSON = ("Observation", "Encounter", "Provenance", "Condition", "Flag")


def load(folder: Path = FOLDER) -> list[Resource]:
    """Takes the folder of the examples; returns them."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def taken(product: Product) -> list[Resource]:
    """Takes the running product; returns the examples that it gives."""
    return [*_sent(product), *_answered(product)]


def _sent(product: Product) -> Iterator[Resource]:
    """What the adapter makes of a message: all of it, and what leaves the trust."""
    death = product.next_death()
    bundle = Converter().convert(death.messages[1].encode()).bundle
    assert bundle is not None, "a death is for the registry"
    yield {**bundle, "id": "message-full"}
    yield {**minimise(bundle), "id": "message-minimised"}


def _answered(product: Product) -> Iterator[Resource]:
    """A review before and after its lead accepts it, what hangs on it, and a concern."""
    number = product.tell_of_a_death()
    person = f"{addresses.NHS_NUMBER}|{number}"
    with _client(product, CLIENT) as trust:
        proposed = _found(trust, "Task", person)
        yield _named(proposed, "review-proposed")
        accepted = trust.put(
            f"Task/{proposed['id']}",
            json={**proposed, "status": "accepted"},
            headers={"If-Match": f'W/"{proposed["meta"]["versionId"]}"'},
        )
        yield _named(accepted.json(), "review-accepted")
        yield _named(trust.get(proposed["for"]["reference"]).json(), "person")
        for kind in _ABOUT_A_PERSON:
            found = trust.get(kind, params={"patient.identifier": person}).json()
            for entry in found.get("entry", [])[:1]:
                yield _named(entry["resource"], kind.lower())
        yield _named(trust.post("ServiceRequest", json=concern(number)).json(), "concern")
        refused = trust.put(f"Task/{proposed['id']}", json={**proposed, "status": "accepted"})
        yield _named(refused.json(), "refused-without-if-match")
    with _client(product, BOARD_CLIENT) as board:
        yield _named(_found(board, "Task", person), "review-as-a-board-sees-it")


def _client(product: Product, client_id: str) -> httpx.Client:
    headers = {
        "Authorization": f"Bearer {product.token(client_id)}",
        "Prefer": "return=representation",
    }
    return httpx.Client(base_url=f"{product.base}/", headers=headers, timeout=TIMEOUT)


def _found(client: httpx.Client, kind: str, person: str) -> Resource:
    found = client.get(kind, params={"patient.identifier": person}).json()
    return found["entry"][0]["resource"]


def _named(resource: Resource, name: str) -> Resource:
    """The resource under a name for readers: the id of a run says nothing to them."""
    return {**resource, "id": name}


def main() -> int:
    """Writes the examples; returns the exit status."""
    try:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as product:
            examples = taken(product)
    except NotRunning as reason:
        print(f"Nothing was written: {reason}", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for example in examples:
        (FOLDER / file_name(example)).write_text(text(example), encoding="utf-8")
    print(f"{len(examples)} examples in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
