"""A registry for the requests in the pages, and a reader for their commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.blocks import shell
from tests.docs.reader import STARTED, Reader, reading
from tests.registry.api.conftest import ask, registry
from tests.registry.conftest import database_url, registry_server

__all__ = ["ask", "database_url", "reader", "registry", "registry_server", "started"]


@pytest.fixture(scope="package")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """One reader for all pages: starting the exchange is what takes time."""
    with reading(tmp_path_factory.mktemp("checkout")) as somebody:
        yield somebody


@pytest.fixture(scope="package")
def started(reader: Reader) -> list[str]:
    """What the blocks of getting started printed, one after the other."""
    install, up, *blocks = shell(STARTED)
    # Done by whoever runs the tests, and by the reader's fixture, which says ports besides.
    assert install.startswith("python3 -m venv .venv\n")
    assert up == ".venv/bin/lfd up\n"
    return [reader.follow(block) for block in blocks]
