"""What every handler of the API works with."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from registry.access import bearer
from registry.access.caller import Caller
from registry.access.scopes import Interaction
from registry.access.settings import AccessSettings
from registry.store.recompute import Rules
from registry.store.transaction import Pool


@dataclass(frozen=True, slots=True)
class Service:
    """The registry's pool, rules and addresses."""

    pool: Pool
    rules: Rules
    access: AccessSettings

    async def caller(self, request: Request, resource_type: str, what: Interaction) -> Caller:
        """Takes a request and the interaction it asks for; returns who asks, or refuses: 401
        without a valid token, 403 where its scopes do not reach."""
        caller = await bearer.caller(request)
        bearer.require(caller, resource_type, what)
        return caller
