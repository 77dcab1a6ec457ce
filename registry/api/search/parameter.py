"""What a search parameter is: its name and type in FHIR, and the elements it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conformance import canonical
from registry.store.conditions import Form

Kind = Literal["token", "reference", "date", "string"]
TokenForm = Form | Literal["identifier-of-person", "boolean", "deceased", "id", "input"]
STANDARD = "http://hl7.org/fhir/SearchParameter/"
# Parameters that R4 defines once for several types, under names that begin with `clinical`.
_OF_SEVERAL_TYPES = {
    "Condition": {"patient", "code", "identifier"},
    "Encounter": {"patient", "date", "identifier", "type"},
    "Flag": {"patient", "date"},
    "Observation": {"patient", "code", "date", "encounter", "identifier"},
    "ServiceRequest": {"patient", "code", "encounter", "identifier"},
}

# Behind a reference to a person: by a flag on them (FHIR R4, search, reverse chaining).
FLAGGED = "_has:Flag:patient:code"
# kind -> what may stand behind the name, after a colon
MODIFIERS: dict[Kind, tuple[str, ...]] = {
    "token": ("not", "missing"),
    "reference": ("identifier", "missing", "not"),
    "date": ("missing",),
    "string": ("exact", "contains", "missing"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter. `paths` are jsonpath below the resource; `system` is the implied system
    of a code; `column` where the store keeps the value apart, `code_column` and `system_column`
    where it keeps the parts of its one Coding apart; `targets` what a reference may be to;
    `is_ours` where FHIR R4 defines none of this name for the type. Of the form `input` it is the
    code of the Task.input of the kind that is its name."""

    name: str
    kind: Kind
    paths: tuple[str, ...]
    documentation: str
    form: TokenForm | None = None
    system: str | None = None
    column: str | None = None
    code_column: str | None = None
    system_column: str | None = None
    targets: tuple[str, ...] = ()
    is_ours: bool = False

    @property
    def elements(self) -> frozenset[str]:
        """The elements of the resource that the answer depends on."""
        return frozenset(path.partition(".")[0] for path in self.paths)

    def names_a_person(self, suffix: str) -> bool:
        """Takes what stands behind the name; True where the value may identify a person or a
        stay, and so must not stand in an address that we make."""
        if suffix in (".identifier", ":identifier"):
            return "Organization" not in self.targets
        return self.form in ("identifier", "identifier-of-person")

    @property
    def chains(self) -> tuple[str, ...]:
        """What may stand behind the name, after a dot."""
        chained = {"Patient", "Organization"} & set(self.targets)
        if not chained or self.kind != "reference":
            return ()
        return ("identifier", FLAGGED) if self.column == "person" else ("identifier",)

    def looks_at(self, suffix: str) -> str | None:
        """Takes what stands behind the name; returns the other type whose content the answer
        depends on, None where there is none."""
        return "Flag" if suffix == f".{FLAGGED}" else None

    def definition(self, resource_type: str) -> str:
        """Takes the type searched; returns the address of the parameter's definition."""
        base = f"{canonical.BASE}/SearchParameter/" if self.is_ours else STANDARD
        owner = "Resource" if self.name.startswith("_") else resource_type
        if not self.is_ours and self.name in _OF_SEVERAL_TYPES.get(resource_type, ()):
            owner = "clinical"
        return f"{base}{owner}-{self.name.lstrip('_')}"
