"""References between the entries of a transaction: `urn:uuid:` until the server has given an id.

Source: R4, http.html, "Transaction Processing Rules": a reference to an entry's fullUrl becomes a
reference to the resource that the entry made, found or changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from registry.api.outcomes import FhirError

Resource = dict[str, Any]
TEMPORARY = "urn:uuid:"
# Elements that hold an address. An Identifier.value may be the same urn, and stays.
_ADDRESSES = frozenset({"reference", "valueUri", "valueUrl", "valueUuid"})


def full_urls(entries: Sequence[Resource]) -> dict[str, int]:
    """Takes entries; returns the place of each by its temporary fullUrl. FhirError 400: two have
    the same."""
    places: dict[str, int] = {}
    for at, entry in enumerate(entries):
        full_url = str(entry.get("fullUrl", ""))
        if full_url in places:
            raise FhirError(
                400, "invalid", "INVALID_RESOURCE", "Two entries have the same fullUrl.",
                expression=f"Bundle.entry[{at}]",
            )  # fmt: skip
        if full_url.startswith(TEMPORARY):
            places[full_url] = at
    return places


def in_order(first: Sequence[int], bodies: Sequence[Any], made_by: Mapping[str, int]) -> list[int]:
    """Takes the order of entries that R4 prescribes, their resources, and the entries that make a
    resource, by fullUrl; returns the order in which each comes after what it refers to.

    FhirError 422: an entry refers to one that is not there, or two refer to each other.
    """
    ordered: dict[int, None] = {}
    for at in first:
        _place(at, bodies, made_by, ordered, ())
    return list(ordered)


def resolved(value: Any, known: Mapping[str, str]) -> Any:
    """Takes JSON, and what the temporary addresses stand for; returns the JSON with them
    replaced."""
    if isinstance(value, list):
        return [resolved(item, known) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    return {
        name: known.get(item, item)
        if name in _ADDRESSES and isinstance(item, str)
        else resolved(item, known)
        for name, item in cast(Resource, value).items()
    }


def _place(
    at: int,
    bodies: Sequence[Any],
    made_by: Mapping[str, int],
    ordered: dict[int, None],
    waiting: tuple[int, ...],
) -> None:
    if at in ordered:
        return
    if at in waiting:
        raise _refused("Entries of the transaction refer to each other in a circle.", at)
    for address in _temporary(bodies[at]):
        if address not in made_by:
            raise _refused("A urn:uuid reference is to the fullUrl of no entry.", at)
        if made_by[address] != at:
            _place(made_by[address], bodies, made_by, ordered, (*waiting, at))
    ordered[at] = None


def _temporary(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast(list[Any], value):
            yield from _temporary(item)
    elif isinstance(value, dict):
        for name, item in cast(Resource, value).items():
            if name == "reference" and isinstance(item, str) and item.startswith(TEMPORARY):
                yield item
            else:
                yield from _temporary(item)


def _refused(text: str, at: int) -> FhirError:
    return FhirError(422, "processing", "INVALID_RESOURCE", text, expression=f"Bundle.entry[{at}]")
