"""What is validated: the Bundles of messages, what the registry makes of them, our own package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from adapter.conversion import Converter, Refusal, minimise
from adapter.er7 import split
from conformance.registry_subjects import registry_resources
from conformance.validator import OUR_PACKAGE

EXAMPLES = Path(__file__).parent / "examples"
Resource = dict[str, Any]


class Subject(NamedTuple):
    """A resource as one line of JSON, and where it is from."""

    source: str
    line: bytes


def subjects(folders: Iterable[Path]) -> list[Subject]:
    """Takes folders of `*.hl7` files; returns everything there is to validate, each text once."""
    distinct: dict[bytes, str] = {}
    for source, resource in _all(folders):
        distinct.setdefault(orjson.dumps(resource), source)
    return [Subject(source, line) for line, source in distinct.items()]


def _all(folders: Iterable[Path]) -> Iterator[tuple[str, Resource]]:
    for path in sorted(OUR_PACKAGE.glob("*.json")):
        yield path.name, orjson.loads(path.read_bytes())
    for path in sorted(EXAMPLES.glob("*.json")):
        yield f"example {path.name}", orjson.loads(path.read_bytes())
    sent: list[Resource] = []
    for source, bundle in bundles(folders):
        least = minimise(bundle)
        sent.append(least)
        yield f"{source}, full", bundle
        yield f"{source}, minimised", least
    yield from registry_resources(sent)


def bundles(folders: Iterable[Path]) -> Iterator[tuple[str, Resource]]:
    """Takes folders of `*.hl7` files; returns the Bundle of every message that has one."""
    converter = Converter()
    for folder in folders:
        for path in sorted(folder.rglob("*.hl7")):
            for number, raw in enumerate(split(path.read_bytes()), 1):
                try:
                    bundle = converter.convert(raw).bundle
                except Refusal:
                    continue
                if bundle is not None:
                    yield f"{path.relative_to(folder)} message {number}", bundle
