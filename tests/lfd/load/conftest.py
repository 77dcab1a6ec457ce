"""A real PostgreSQL, as for the adapter's own tests."""

from __future__ import annotations

from tests.adapter.conftest import adapter_server, database

__all__ = ["adapter_server", "database"]
