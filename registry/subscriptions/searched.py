"""The search parameters of Subscription: few, over the few that one client has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from registry.subscriptions.kept import Kept

_STANDARD = "http://hl7.org/fhir/SearchParameter/"


@dataclass(frozen=True, slots=True)
class Searched:
    """A parameter: its name, type and definition in FHIR R4, and what it means."""

    name: str
    kind: Literal["token", "uri", "string"]
    documentation: str

    @property
    def definition(self) -> str:
        """The address of its definition."""
        owner = "Resource" if self.name.startswith("_") else "Subscription"
        return f"{_STANDARD}{owner}-{self.name.lstrip('_')}"

    def said(self, kept: Kept) -> str:
        """Takes a subscription; returns what it says, as it is compared."""
        values = {
            "_id": kept.subscription_id,
            "criteria": kept.content["criteria"],
            "status": kept.progress.status,
            "type": kept.content["channel"]["type"],
            "url": kept.content["channel"]["endpoint"],
        }
        return values[self.name]


SEARCHED = {
    one.name: one
    for one in (
        Searched("_id", "token", "The id of the subscription."),
        Searched("criteria", "string", "The topic's address, from its beginning."),
        Searched("status", "token", "The status; several with commas."),
        Searched("type", "token", "The type of the channel."),
        Searched("url", "uri", "The endpoint."),
    )
}


def fits(name: str, value: str, kept: Kept) -> bool:
    """Takes a parameter's name, the value asked for, and a subscription; True if it is one of
    those."""
    said = SEARCHED[name].said(kept)
    if name == "url":
        # An address may have commas of its own.
        return said == value
    if name == "criteria":
        return any(said.startswith(one) for one in value.split(","))
    return said in {one.rpartition("|")[2] for one in value.split(",")}
