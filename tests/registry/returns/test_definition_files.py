"""The guide's files of the returns are those that the definitions make."""

from __future__ import annotations

import pytest
from fhir.resources.R4B import get_fhir_model_class

from registry.returns.definition_files import FOLDER, files
from registry.returns.measures import definitions


def test_the_files_are_what_the_definitions_make() -> None:
    for name, content in files().items():
        made = "make them anew: python -m registry.returns.definition_files"
        assert (FOLDER / name).read_text() == content, made


@pytest.mark.parametrize("one", definitions(), ids=lambda one: one["id"])
def test_each_is_fhir(one: dict[str, object]) -> None:
    get_fhir_model_class(str(one["resourceType"])).model_validate(one)
