"""Checks a resource against FHIR R4's definitions: elements, cardinalities, values, required
bindings, and what references are to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from registry.access.resource_types import RESOURCE_TYPES
from registry.api.outcomes import Issue
from registry.api.validation import primitives
from registry.api.validation.definitions import (
    PRIMITIVES,
    RESOURCES,
    Definition,
    Element,
    definition,
)
from registry.api.validation.extensions import is_known
from registry.api.validation.narrative import unsafe

Json = dict[str, Any]
MAX_ISSUES = 50
_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[^/]+)?")


class Walk:
    """One walk through a resource. `by_url` are the types of a Bundle's entries, by fullUrl."""

    def __init__(self, by_url: Mapping[str, str] | None = None) -> None:
        self.issues: list[Issue] = []
        self.has_unlisted_types = False
        self._by_url = by_url or {}
        self._contained: dict[str, str] = {}

    def resource(self, value: Any, path: str | None = None) -> None:
        """Takes a JSON value that should be a resource, and where it stands; notes what is
        wrong."""
        said = cast(Json, value) if isinstance(value, dict) else {}
        name = said.get("resourceType")
        where = path or (name if isinstance(name, str) and name in RESOURCE_TYPES else "Resource")
        if not isinstance(name, str) or name not in RESOURCE_TYPES:
            self._error(where, "resourceType is missing, or is no resource type of FHIR R4")
            return
        if name not in RESOURCES:
            self.has_unlisted_types = True
            text = f"{where}: {name} is checked for its shape only."
            self._note(Issue("informational", "INVALID_RESOURCE", text, where, "information"))
            return
        if "contained" in said and path is None:
            self._contained = _types_by_id(said["contained"])
        self._group(said, name, where)

    def _group(self, said: Json, type_name: str, path: str) -> None:
        known = definition(type_name)
        assert known is not None, type_name
        if not said:
            self._error(path, "is an empty object")
        present: dict[str, list[str]] = {}
        for name, value in said.items():
            if name == "resourceType" and type_name in RESOURCES:
                continue
            element = known.elements.get(name.removeprefix("_"))
            if element is None or (name[0] == "_" and element.type_name not in PRIMITIVES):
                self._error(path, "has an element that FHIR R4 does not know there")
                continue
            present.setdefault(element.base, []).append(name)
            if name.startswith("_"):
                self._about_primitive(value, element, f"{path}.{element.base}")
            else:
                self._element(value, element, f"{path}.{element.base}", said.get(f"_{name}"))
        self._presence(known, present, path)
        self._rules_of_type(said, type_name, path)

    def _presence(self, known: Definition, present: dict[str, list[str]], path: str) -> None:
        for base in known.mandatory:
            # An extension says why a value is absent; what must be there is not to be absent.
            if not any(name[0] != "_" for name in present.get(base, ())):
                self._error(f"{path}.{base}", "is missing", "required", "MISSING_VALUE")
        for base, names in present.items():
            if len({name.removeprefix("_") for name in names}) > 1:
                self._error(f"{path}.{base}", "has more than one value; it can have one")

    def _element(self, value: Any, element: Element, path: str, beside: Any) -> None:
        """`beside` are the extensions of a primitive: under the same name with an underscore."""
        if not element.is_list:
            self._value(value, element, path)
        elif not isinstance(value, list):
            self._error(path, "repeats, so it is written as an array")
        elif not value:
            self._error(path, "is an empty array")
        else:
            extensions = cast(list[Any], beside) if isinstance(beside, list) else []
            for at, item in enumerate(cast(list[Any], value)):
                # A null keeps the place of a primitive that has only an extension.
                if item is not None or not isinstance(_at(extensions, at), dict):
                    self._value(item, element, f"{path}[{at}]")

    def _value(self, value: Any, element: Element, path: str) -> None:
        kind = element.type_name
        if kind in PRIMITIVES:
            if not primitives.is_valid(kind, value):
                self._error(path, f"is not a valid {kind}")
            elif element.codes and value not in element.codes:
                known = ", ".join(sorted(element.codes)[:20])
                text = f"is none of the codes that FHIR R4 requires ({known})"
                self._error(path, text, "code-invalid", "INVALID_VALUE")
            elif kind == "xhtml" and (why := unsafe(value)):
                self._error(path, why, "invalid")
        elif kind == "Resource":
            self.resource(value, path)
        elif not isinstance(value, dict):
            self._error(path, "is not an object")
        else:
            said = cast(Json, value)
            self._group(said, kind, path)
            if element.codes:
                self._bound(said, element, path)
            if kind == "Reference" and element.targets:
                self._target(said, element, path)

    def _about_primitive(self, value: Any, element: Element, path: str) -> None:
        items: list[Any] = cast(list[Any], value) if isinstance(value, list) else [value]
        if isinstance(value, list) != element.is_list:
            self._error(path, "repeats, so its extensions do, or neither does")
            return
        for item in items:
            if isinstance(item, dict):
                self._group(cast(Json, item), "Element", path)
            elif item is not None:
                self._error(path, "has an extension that is not an object")

    def _bound(self, said: Json, element: Element, path: str) -> None:
        codings = said.get("coding") if element.type_name == "CodeableConcept" else [said]
        listed: list[Any] = cast(list[Any], codings) if isinstance(codings, list) else []
        codes = [cast(Json, one).get("code") for one in listed if isinstance(one, dict)]
        if not any(code in element.codes for code in codes if isinstance(code, str)):
            text = "has none of the codes that FHIR R4 requires"
            self._error(path, text, "code-invalid", "INVALID_VALUE")

    def _target(self, said: Json, element: Element, path: str) -> None:
        found = {said.get("type"), self._type_referred_to(said.get("reference"))} - {None}
        if any(isinstance(one, str) and one not in element.targets for one in found):
            known = ", ".join(sorted(element.targets))
            self._error(path, f"refers to another type than {known}")

    def _type_referred_to(self, reference: Any) -> str | None:
        if not isinstance(reference, str):
            return None
        if reference.startswith("#"):
            return self._contained.get(reference[1:])
        if reference in self._by_url:
            return self._by_url[reference]
        match = _REFERENCE.fullmatch(reference)
        return match[1] if match and match[1] in RESOURCE_TYPES else None

    def _rules_of_type(self, said: Json, type_name: str, path: str) -> None:
        """What R4 states of a datatype in words."""
        if type_name == "Extension":
            values = [name for name in said if name.startswith("value")]
            if bool(values) == ("extension" in said):
                self._error(path, "has either a value or extensions, not both (ext-1)", "invariant")
            self._extension(said.get("url"), path)
        elif type_name == "Reference":
            reference = said.get("reference")
            is_local = isinstance(reference, str) and reference.startswith("#")
            if is_local and reference not in ("#", *(f"#{one}" for one in self._contained)):
                self._error(path, "refers to nothing contained (ref-1)", "invariant")
        elif type_name == "Period":
            start, end = said.get("start"), said.get("end")
            if (
                isinstance(start, str)
                and isinstance(end, str)
                and end[:10] < start[:10][: len(end)]
            ):
                self._error(path, "ends before it starts (per-1)", "invariant")

    def _extension(self, url: Any, path: str) -> None:
        if ".modifierExtension" in path:
            text = f"{path}: modifier extensions change what is said, and none is understood here."
            self._note(Issue("extension", "UNSUPPORTED_VALUE", text, path))
        elif isinstance(url, str) and path.count("extension[") == 1 and not is_known(url):
            text = f"{path}: the extension is not known here and is left unread."
            self._note(Issue("extension", "UNSUPPORTED_VALUE", text, path, "warning"))

    def _error(
        self, path: str, what: str, code: str = "structure", spine: str = "INVALID_RESOURCE"
    ) -> None:
        self._note(Issue(code, spine, f"{path} {what}.", path))

    def _note(self, issue: Issue) -> None:
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(issue)


def _at(items: list[Any], at: int) -> Any:
    return items[at] if at < len(items) else None


def _types_by_id(contained: Any) -> dict[str, str]:
    listed: list[Any] = cast(list[Any], contained) if isinstance(contained, list) else []
    resources = [cast(Json, one) for one in listed if isinstance(one, dict)]
    return {
        str(one["id"]): str(one["resourceType"])
        for one in resources
        if "id" in one and "resourceType" in one
    }
