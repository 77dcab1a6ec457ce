"""The guide as one file in the layout of FHIR packages (FHIR NPM Package Specification): a gzipped
tar with package/package.json, package/.index.json, the resources, and package/example."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any

from conformance import canonical
from conformance.guide.about import (
    DEPENDENCIES,
    DESCRIPTION,
    FHIR_VERSION,
    LICENCE,
    PACKAGE_ID,
    PUBLISHER,
    TITLE,
    VERSION,
    Resource,
)

NAME = f"{PACKAGE_ID}-{VERSION}.tgz"
_INDEXED = (
    "url", "version", "kind", "type", "supplements", "content", "valueSet", "derivation",
)  # fmt: skip


def manifest() -> dict[str, Any]:
    """Returns package.json."""
    return {
        "name": PACKAGE_ID,
        "version": VERSION,
        "canonical": canonical.BASE,
        "title": TITLE,
        "description": DESCRIPTION,
        "type": "IG",
        "fhirVersions": [FHIR_VERSION],
        "dependencies": {package: version for package, (version, _) in DEPENDENCIES.items()},
        "author": PUBLISHER,
        "license": LICENCE,
        "jurisdiction": "urn:iso:std:iso:3166#GB",
        "directories": {"lib": "package", "example": "example"},
    }


def index(resources: Mapping[str, Resource]) -> dict[str, Any]:
    """Takes resources by file name; returns .index.json of their folder."""
    return {"index-version": 2, "files": [_line(*named) for named in sorted(resources.items())]}


def archive(parts: Iterable[Resource], examples: Iterable[Resource]) -> bytes:
    """Takes the resources of the guide and its examples; returns the package: the same bytes for
    the same resources."""
    inside = {"package/package.json": manifest()}
    for folder, resources in (("package", parts), ("package/example", examples)):
        named = {file_name(one): one for one in resources}
        inside[f"{folder}/.index.json"] = index(named)
        inside |= {f"{folder}/{name}": resource for name, resource in named.items()}
    packed = io.BytesIO()
    # A fixed time, owner and order, so that anybody can make the same file again.
    with (
        gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, content in sorted(inside.items()):
            raw = text(content).encode()
            entry = tarfile.TarInfo(path)
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))
    return packed.getvalue()


def file_name(resource: Resource) -> str:
    """Takes a resource; returns the name of its file."""
    return f"{resource['resourceType']}-{resource['id']}.json"


def text(content: Mapping[str, Any]) -> str:
    """Takes what a file says; returns its text, as the files of the guide are written."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _line(name: str, resource: Resource) -> dict[str, Any]:
    of_index = {key: resource[key] for key in _INDEXED if isinstance(resource.get(key), str)}
    identity = {"resourceType": resource["resourceType"], "id": resource["id"]}
    return {"filename": name, **identity, **of_index}
