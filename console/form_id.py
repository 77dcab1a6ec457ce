"""The id of a form as it was shown: what is sent twice with one id is done once."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from console.session.gate import FormRefused


def form_id(fields: Mapping[str, str]) -> UUID:
    """Takes the fields of a form; returns the id it was made with. FormRefused: it has none."""
    try:
        return UUID(fields.get("form_id", ""))
    except ValueError as error:
        raise FormRefused("no id of a form") from error
