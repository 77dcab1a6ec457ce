"""Snapshots of our profiles: every element that a profile has, its own and inherited, which some
validators ask for. HL7's generator makes them (HAPI's)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from conformance import maven
from conformance.validator import OUR_PACKAGE, PROJECT, CannotValidate

Resource = dict[str, Any]
_MAIN = "learningfromdeaths.Snapshots"
_OPTIONS = ("-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")


def with_snapshots(resources: Sequence[Resource], uk_core: Path) -> list[Resource]:
    """Takes the resources of the guide and the folder of UK Core; returns them, the profiles with
    their snapshots. CannotValidate where Java, Maven or UK Core is missing."""
    if not uk_core.is_dir():
        raise CannotValidate(f"the FHIR package {uk_core.parent.name} is not here")
    try:
        command = maven.command(PROJECT, _MAIN, *_OPTIONS)
    except maven.CannotBuild as reason:
        raise CannotValidate(str(reason)) from None
    done = subprocess.run(
        [*command, str(OUR_PACKAGE), str(uk_core)], stdout=subprocess.PIPE, check=True
    )
    snapshots: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        profile = orjson.loads(line)
        snapshots[profile["url"]] = profile["snapshot"]
    return [_with(one, snapshots) for one in resources]


def _with(resource: Resource, snapshots: dict[str, Any]) -> Resource:
    """The snapshot stands before the differential, as FHIR has them."""
    if resource["resourceType"] != "StructureDefinition":
        return resource
    before = {key: said for key, said in resource.items() if key != "differential"}
    snapshot = snapshots[resource["url"]]
    return {**before, "snapshot": snapshot, "differential": resource["differential"]}
