"""What every definition of the returns says of itself."""

from __future__ import annotations

from typing import Any

from conformance.guide.about import CHANGED_ON, PUBLISHER, VERSION


def metadata(url: str, name: str) -> dict[str, Any]:
    """Takes the canonical address of a definition and its computer name; returns the elements that
    it has with all others."""
    return {
        "id": url.rsplit("/", 1)[1],
        "url": url,
        "version": VERSION,
        "name": name,
        "status": "draft",
        "experimental": False,
        "date": CHANGED_ON,
        "publisher": PUBLISHER,
    }
