"""Resource ids that hold still and give nothing away.

An id is a keyed hash of the person's key and of what the resource is. Without the registry's
secret nobody can compute one from an NHS number, so ids may stand in URLs and logs.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from registry.core.statement import Identifier


@dataclass(frozen=True, slots=True)
class ResourceIds:
    """Makes ids under one registry's secret."""

    secret: bytes

    def of(self, person: Identifier, what: str) -> str:
        """Takes a person's key and what the resource is (`patient`, a route); returns 32
        hexadecimal digits."""
        text = "\x1f".join((person.system, person.value, what)).encode()
        return hmac.digest(self.secret, text, "sha256")[:16].hex()
