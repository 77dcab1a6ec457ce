"""Whether what an organisation may read has changed: asked often, so it must cost little."""

from __future__ import annotations

import hashlib

from registry.store.transaction import Connection

# One index alone: readable_in_order.
_LATEST = """
    SELECT count(*)::text, coalesce(max(updated_at)::text, '') FROM readable
    WHERE organisation = %s AND type = %s
"""


async def mark(connection: Connection, organisation: str, resource_type: str) -> str:
    """Takes an organisation and a resource type; returns a text that is another whenever one of the
    resources it may read was added, changed or taken away. It says nothing about any of them."""
    row = await (await connection.execute(_LATEST, (organisation, resource_type))).fetchone()
    assert row is not None
    return hashlib.sha256("/".join((organisation, resource_type, *row)).encode()).hexdigest()[:32]
