"""What a standby of the database may answer, and what the page asked for follows from."""

from __future__ import annotations

from registry.api.call import Call
from registry.api.interactions import Code, Match
from registry.api.outcomes import FhirError
from registry.api.page_tokens import PARAMETER, PageTokens
from registry.api.search.definitions import PARAMETERS
from registry.replicas.position import shown
from registry.store.search import AUDIT
from registry.store.transaction import Connection

_READING: frozenset[Code] = frozenset(
    {"read", "vread", "history-instance", "history-type", "search-type"}
)
# The record of who read what is asked of the server that it is written to.
_TYPES = frozenset(PARAMETERS) - {AUDIT}
_POSITION = "position"


def is_replicated(found: Match) -> bool:
    """Takes what is asked for; True where a standby may answer it: reads and searches of what the
    record holds. All else is the primary's."""
    return found.code in _READING and found.resource_type in _TYPES


def follows_from(call: Call, tokens: PageTokens) -> int | None:
    """Takes a call and what reads the tokens of pages; returns the position in the log that its
    page must not be before: 0 for a first page. None where the primary has to answer: it is not
    known, or the token is none of ours, which the interaction says itself."""
    said = [value for name, value in call.asked if name == PARAMETER]
    if not said:
        return 0
    try:
        position = tokens.read(call.caller, said[0]).get(_POSITION)
    except FhirError:
        return None
    return position if isinstance(position, int) else None


async def to_go_on_from(connection: Connection) -> dict[str, int]:
    """Takes the connection that a page was read on, after the last question; returns what the
    tokens of its neighbours hold so that they are not read from before it."""
    return {_POSITION: await shown(connection)}
