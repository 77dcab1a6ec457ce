"""The ImplementationGuide: the index of everything in the package."""

from __future__ import annotations

from collections.abc import Iterable

from conformance import canonical
from conformance.guide.about import (
    CORE,
    DEPENDENCIES,
    DESCRIPTION,
    FHIR_VERSION,
    LICENCE,
    PACKAGE_ID,
    TITLE,
    Resource,
    heading,
)

IDENTITY = ("ImplementationGuide", "learning-from-deaths")


def implementation_guide(parts: Iterable[Resource], examples: Iterable[Resource]) -> Resource:
    """Takes the resources of the guide and its examples; returns the index of them, by type and
    id."""
    listed = [_part(one) for one in sorted(parts, key=_place) if _place(one) != IDENTITY]
    shown = [_example(one) for one in sorted(examples, key=_place)]
    kind, name = IDENTITY
    return {
        **heading(kind, name, "LearningFromDeaths", TITLE, DESCRIPTION),
        "packageId": PACKAGE_ID,
        "license": LICENCE,
        "fhirVersion": [FHIR_VERSION],
        "dependsOn": [
            {
                "uri": uri,
                "packageId": package,
                "version": version,
            }
            for package, (version, uri) in DEPENDENCIES.items()
            if package != CORE
        ],
        "definition": {"resource": [*listed, *shown]},
    }


def _place(resource: Resource) -> tuple[str, str]:
    return resource["resourceType"], resource["id"]


def _part(resource: Resource) -> Resource:
    return {
        "reference": {"reference": "/".join(_place(resource))},
        "name": resource.get("title") or resource.get("name") or resource["id"],
        **({"description": resource["description"]} if "description" in resource else {}),
        "exampleBoolean": False,
    }


def _example(resource: Resource) -> Resource:
    profiles: list[str] = resource.get("meta", {}).get("profile", [])
    ours = [one for one in profiles if one.startswith(canonical.PROFILE)]
    shown = {"exampleCanonical": ours[0]} if ours else {"exampleBoolean": True}
    return {
        "reference": {"reference": "/".join(_place(resource))},
        "name": f"{resource['resourceType']} of a demonstration run",
        **shown,
    }
