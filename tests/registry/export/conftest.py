"""A registry that makes exports, asked through its HTTP API; and a client that waits for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from tests.registry.api.conftest import ask, registry

__all__ = ["ask", "registry"]

Json = dict[str, Any]
ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}
# The registry looks for what waits as soon as it is told; so long is for a very busy machine.
PATIENCE = 60.0


@dataclass
class Exported:
    """An export that is done: its manifest, and the lines of its files by type."""

    manifest: Json
    resources: dict[str, list[Json]]
    address: str

    def ids(self, resource_type: str) -> set[str]:
        """The ids of a type."""
        return {one["id"] for one in self.resources.get(resource_type, [])}


async def finished(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """The first answer to a status request that is not `wait`."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await client.get(address)
            if answer.status_code != 202:
                return answer
            assert int(answer.headers["Retry-After"]) > 0
            assert 0 < len(answer.headers["X-Progress"]) <= 100
            await asyncio.sleep(0.01)  # another turn for the registry, which shares this loop


async def fetched(client: httpx.AsyncClient, file: Json) -> list[Json]:
    """The resources of a file."""
    answer = await client.get(file["url"], headers={"Accept": "application/fhir+ndjson"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/fhir+ndjson"
    lines = answer.content.splitlines()
    assert len(lines) == file["count"]
    return [orjson.loads(line) for line in lines]


async def exported(client: httpx.AsyncClient, path: str = "$export", **asked: str) -> Exported:
    """Asks for an export, waits, and fetches all of it."""
    kicked = await client.get(path, params=asked, headers=ASYNC)
    assert kicked.status_code == 202, kicked.text
    address = kicked.headers["Content-Location"]
    answer = await finished(client, address)
    assert answer.status_code == 200, answer.text
    manifest = answer.json()
    found: dict[str, list[Json]] = {}
    for file in (*manifest["output"], *manifest["error"]):
        found.setdefault(file["type"], []).extend(await fetched(client, file))
    return Exported(manifest, found, address)
