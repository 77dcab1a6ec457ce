"""Messages of public projects: each converts to valid FHIR or is refused; none fails otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.conversion import Refusal, minimise
from adapter.er7 import split
from tests.adapter.conversion.messages import SHARED, converter
from tests.adapter.conversion.test_bundle import check

CORPUS = SHARED / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
FOLDERS = sorted(path for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_message_converts_or_is_refused(folder: Path) -> None:
    for path in sorted(folder.rglob("*.hl7")):
        for raw in split(path.read_bytes()):
            try:
                conversion = converter().convert(raw)
            except Refusal as refusal:
                assert refusal.text
                continue
            assert conversion.relevant == (conversion.bundle is not None)
            if conversion.bundle:
                check(conversion.bundle)
                check(minimise(conversion.bundle))
