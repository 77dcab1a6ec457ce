"""Verifies the access tokens of other issuers."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from registry.access import compact, scopes
from registry.access.caller import Caller
from registry.access.compact import Compact
from registry.access.issuers import claims
from registry.access.issuers.issuer import Issuer, TrustedIssuers
from registry.access.jwks.fetching import JwksUnavailable
from registry.access.jwks.key_sets import KeySets
from registry.access.organisation_roles import fits
from registry.access.token_refusal import InvalidToken, IssuerUnavailable, NotAdmitted
from registry.access.verification_key import candidates


class IssuedElsewhere:
    """Access tokens of the trusted issuers, for one audience (our FHIR address) unless an issuer
    has another."""

    def __init__(
        self,
        trusted: TrustedIssuers,
        key_sets: KeySets,
        pool: AsyncConnectionPool[Any],
        audience: str,
    ) -> None:
        self._trusted = trusted
        self._key_sets = key_sets
        self._pool = pool
        self._audience = audience

    async def read(self, token: Compact, now: float) -> tuple[Caller, float]:
        """Takes a token and the time in seconds since 1970; returns who calls and until when.
        InvalidToken, NotAdmitted, IssuerUnavailable."""
        issuer = self._trusted.named(token.claims.get("iss"))
        if issuer is None or token.algorithm not in issuer.algorithms:
            raise InvalidToken("invalid")
        audience = issuer.audience or self._audience
        expires = claims.check(token.type, token.claims, issuer, audience, now)
        await self._check_signature(token, issuer)
        said = claims.stated(token.claims, issuer)
        await self._check_organisation(said.place.organisation, said)
        allowed = scopes.OF_ROLE[said.place.role]
        granted = allowed if said.scopes is None else scopes.cut(said.scopes, allowed)
        return Caller(said.client_id, said.place.organisation, said.place.role, granted), expires

    async def _check_signature(self, token: Compact, issuer: Issuer) -> None:
        # Its keys all have names; a token that names none is not looked for among them.
        if token.kid is None:
            raise InvalidToken("invalid")
        try:
            keys = await self._key_sets.keys(issuer.jwks_url, token.kid)
        except JwksUnavailable as error:
            raise IssuerUnavailable from error
        tried = candidates(keys, token.kid, token.algorithm)
        if not any(compact.is_signed_by(token, key) for key in tried):
            raise InvalidToken("invalid")

    async def _check_organisation(self, ods: str, said: claims.Stated) -> None:
        query = "SELECT type FROM registry.organisation WHERE ods = %s"
        async with self._pool.connection() as connection:
            row = await (await connection.execute(query, (ods,))).fetchone()
        if row is None:
            raise NotAdmitted("the organisation of the token is not in the directory")
        if not fits(said.place.role, row[0]):
            raise NotAdmitted(
                f"the role {said.place.role} does not fit an organisation of type {row[0]}"
            )
