"""The opaque part of an address that goes on with a search or a history.

It is encrypted, so that no NHS number ever stands in an address that we make; and it is bound to
the client it was made for, so that it tells and opens nothing to another.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from registry.access.caller import Caller
from registry.api.outcomes import bad_parameter
from registry.store.transaction import Connection

PARAMETER = "_page"
LIFETIME = timedelta(days=1)
_HEADER = {"alg": "dir", "enc": "A256GCM"}
_MADE = "INSERT INTO secret (name, value) VALUES ('page-tokens', %s) ON CONFLICT DO NOTHING"
_READ = "SELECT value FROM secret WHERE name = 'page-tokens'"


class PageTokens:
    """Makes and reads tokens under the database's key, so that any process reads another's."""

    def __init__(self) -> None:
        self._key: OctKey | None = None

    async def prepare(self, connection: Connection) -> None:
        """Takes a connection; has the key from then on, made by whoever is the first."""
        if self._key is not None:
            return
        row = await (await connection.execute(_READ)).fetchone()
        if row is None:
            await connection.execute(_MADE, (secrets.token_bytes(32),))
            row = await (await connection.execute(_READ)).fetchone()
        assert row is not None
        self._key = OctKey.import_key(bytes(row[0]))

    def make(self, caller: Caller, said: dict[str, Any]) -> str:
        """Takes a caller and what to go on with; returns the token, good for LIFETIME."""
        assert self._key is not None
        until = datetime.now(UTC) + LIFETIME
        held = {"who": _who(caller), "until": until.timestamp(), "said": said}
        return jwe.encrypt_compact(_HEADER, orjson.dumps(held), self._key)

    def read(self, caller: Caller, token: str) -> dict[str, Any]:
        """Takes a caller and a token; returns what it goes on with. FhirError 400: not made here,
        not for this caller, or too old."""
        assert self._key is not None
        try:
            plain = jwe.decrypt_compact(token, self._key, algorithms=list(_HEADER.values()))
            held: dict[str, Any] = orjson.loads(plain.plaintext or b"")
        except (JoseError, ValueError):
            raise _refused() from None
        if held["who"] != _who(caller) or held["until"] < datetime.now(UTC).timestamp():
            raise _refused()
        return held["said"]


def _who(caller: Caller) -> list[str | None]:
    return [caller.client_id, caller.organisation, caller.role]


def _refused() -> Exception:
    return bad_parameter(
        "This page's address is not yours, was changed, or is too old: search again."
    )
