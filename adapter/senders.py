"""Who may send for which organisations: the entries of the sender file, and how they are found."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from adapter.certificate import Certificate, Name

SHORTEST_TOKEN = 32
"""In characters. Tokens are kept as plain SHA-256: only one that nobody can guess is safe so."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender: the organisations (ODS codes) it may speak for, and how it is recognised.

    `tokens` are SHA-256 digests. One that is not `known` is in no sender file, and may speak for
    nobody.
    """

    name: str
    organisations: frozenset[str]
    certificates: frozenset[Name] = frozenset()
    tokens: frozenset[bytes] = frozenset()
    known: bool = True

    def may_speak_for(self, organisation: str) -> bool:
        """Takes the ODS code of an organisation or of a site; returns whether it may be sent."""
        return any(is_part_of(organisation.upper(), one) for one in self.organisations)


@dataclass(frozen=True, slots=True)
class Senders:
    """All entries of a sender file."""

    entries: tuple[Sender, ...]

    @property
    def have_certificates(self) -> bool:
        """True where an entry is recognised by its certificate."""
        return any(entry.certificates for entry in self.entries)

    @property
    def have_tokens(self) -> bool:
        """True where an entry is recognised by a token."""
        return any(entry.tokens for entry in self.entries)

    def of_certificate(self, certificate: Certificate) -> Sender:
        """Takes a verified certificate; returns its sender, one that is not known if it has none.

        The first entry that names it counts.
        """
        for entry in self.entries:
            if entry.certificates & certificate.names:
                return entry
        return Sender(f"certificate sha256:{certificate.sha256}", frozenset(), known=False)

    def of_token(self, token: str) -> Sender | None:
        """Takes a token as presented; returns its sender. Every digest is compared, each in
        constant time, so that the time taken says nothing about any of them."""
        digest = hashlib.sha256(token.encode()).digest()
        found: Sender | None = None
        for entry in self.entries:
            for known in entry.tokens:
                if hmac.compare_digest(known, digest):
                    found = entry
        return found if len(token) >= SHORTEST_TOKEN else None


def is_part_of(code: str, organisation: str) -> bool:
    """Takes two ODS codes in capitals; returns whether the first is the second or a site of it.

    A site's code is that of its organisation and two (of a practice, three) characters more.
    """
    rest = code.removeprefix(organisation)
    return code.startswith(organisation) and (not rest or (len(rest) in {2, 3} and rest.isalnum()))
