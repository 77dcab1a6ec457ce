"""Entries about what outlasts a message: professionals, organisations and devices.

A hospital names the same few thousand of them in message after message, so each is written once
and remembered, as its sender spells it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapter.conversion.draft import Draft, Resource, reference
from adapter.conversion.stable_id import stable_id
from adapter.er7 import Composite
from nhs import addresses

_MOST = 8192
"""Entries of one type that are remembered; beyond that they are written again."""
LONGEST = 500
"""Longer texts are not worth remembering."""

ReadComposite = Callable[[Composite, Draft, str], Any]
"""Takes one repetition of a field, the draft, and the field for issues; None says nothing."""


def as_entry(resource_type: str, read: ReadComposite) -> ReadComposite:
    """Takes a resource type and what reads a value as such a resource; returns what makes the value
    an entry of its own and gives a reference to it."""
    profile = f"{addresses.UK_CORE_PROFILE}{resource_type}"
    known: dict[tuple[str, str, str], Resource | None] = {}

    def write(composite: Composite, draft: Draft, where: str) -> Resource | None:
        resource = read(composite, draft, where)
        if resource is None:
            return None
        own = resource.get("identifier")
        key = (own[0]["system"], own[0]["value"]) if own else (draft.sender.key, composite.raw)
        own_id = stable_id(resource_type, *key)
        meta = {"profile": [profile]}
        return {"resourceType": resource_type, "id": own_id, "meta": meta, **resource}

    def written(composite: Composite, draft: Draft, where: str) -> Resource | None:
        """What is remembered; else what is written now, and remembered where it is all there is
        to say: an issue, or another entry, belongs to every message that brings it about."""
        # Without escapes and parts, the separator alone settles what the text means.
        can_be_known = composite.is_plain and len(composite.raw) <= LONGEST
        spelt = (draft.sender.key, composite.delimiters.component, composite.raw)
        if can_be_known and spelt in known:
            return known[spelt]
        entries, issues = draft.entries, draft.issues
        draft.entries, draft.issues = {}, {}
        resource = write(composite, draft, where)
        says_more = draft.entries or draft.issues
        entries.update(draft.entries)
        issues.update(draft.issues)
        draft.entries, draft.issues = entries, issues
        if can_be_known and not says_more:
            if len(known) >= _MOST:
                known.clear()
            known[spelt] = resource
        return resource

    def read_entry(composite: Composite, draft: Draft, where: str) -> Any:
        resource = written(composite, draft, where)
        if resource is None:
            return None
        draft.entries.setdefault(resource["id"], resource)
        return reference(resource["id"])

    return read_entry
