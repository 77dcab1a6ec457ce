"""What can be asked of each type that is served: its elements and its summary are known."""

from __future__ import annotations

import pytest

from registry.api.outcomes import FhirError
from registry.api.search.definitions import PARAMETERS
from registry.api.seeing import part_of


@pytest.mark.parametrize("resource_type", sorted(PARAMETERS))
def test_every_type_that_is_searched_has_elements_and_a_summary(resource_type: str) -> None:
    assert {"id", "meta"} <= part_of(resource_type).elements
    assert "id" in part_of(resource_type, elements=["id"]).elements
    with pytest.raises(FhirError) as refused:
        part_of(resource_type, elements=["nonsense"])
    assert refused.value.status == 400
