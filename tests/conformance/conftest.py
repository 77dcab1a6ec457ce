"""The registry as its own tests run it, for answers to put before the validator."""

from __future__ import annotations

from tests.registry.api.conftest import ask, registry
from tests.registry.conftest import database_url, registry_server

__all__ = ["ask", "database_url", "registry", "registry_server"]
