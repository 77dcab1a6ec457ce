"""A registry for the requests in the pages."""

from __future__ import annotations

from tests.registry.api.conftest import ask, registry
from tests.registry.conftest import database_url, registry_server

__all__ = ["ask", "database_url", "registry", "registry_server"]
