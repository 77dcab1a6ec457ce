"""What every resource about one person is drawn from: the state, and how things are addressed."""

from __future__ import annotations

from dataclasses import dataclass

from nhs import addresses
from registry.core.derive import PersonState
from registry.core.fhir.elements import Resource
from registry.core.resource_ids import ResourceIds
from registry.directory.organisation import Directory


@dataclass(frozen=True, slots=True)
class Drawing:
    """One person's state under one registry's ids and directory."""

    state: PersonState
    ids: ResourceIds
    directory: Directory

    def id(self, what: str) -> str:
        """Takes what a resource is about this person; returns its id."""
        return self.ids.of(self.state.person.key, what)

    def organisation(self, ods: str) -> Resource:
        """Takes an ODS code; returns a Reference to the organisation, by its name."""
        return {
            "reference": f"Organization/{ods}",
            "identifier": {"system": addresses.ODS_ORGANISATION, "value": ods},
            "display": self.directory.name(ods),
        }

    def name(self, ods: str) -> str:
        """Takes an ODS code; returns the organisation's name."""
        return self.directory.name(ods)

    def subject(self) -> Resource:
        """A Reference to the person."""
        subject: Resource = {"reference": f"Patient/{self.id('patient')}"}
        key = self.state.person.key
        if key.is_nhs_number:
            subject["identifier"] = {"system": key.system, "value": key.value}
        return subject
