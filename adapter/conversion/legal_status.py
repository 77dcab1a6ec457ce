"""Legal status under the Mental Health Act: the site's field for it, as UK Core's extension.

ITK has it in ZU5. Where in ZU5, no public document says, so no field is assumed: a site file names
it (`legal-status-field`), and until it does the field shows up as unmapped.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, concept
from adapter.conversion.segment_entry import About
from adapter.conversion.text_values import codeable_concept
from adapter.er7 import NO_VALUE
from mappings import CodeMap
from nhs import addresses

_CONTEXT = concept(
    f"{addresses.UK_CORE_CODE_SYSTEM}UKCore-LegalStatusContext", "admission", "Admission"
)


@dataclass(frozen=True, slots=True)
class LegalStatusWriter:
    """Writes the extension with the table of legal status classifications."""

    codes: CodeMap

    def write(self, about: About, draft: Draft) -> None:
        """Takes a stay; adds the status that it began under."""
        field = draft.site.legal_status_field
        if field is None or about.stay is None:
            return
        for segment in about.group.all(field.segment)[:1]:
            written = segment.text(field.field, field.component or 1)
            where = f"{field.segment}[1]-{field.field}"
            if written in NO_VALUE:
                continue
            if status := codeable_concept(self.codes)(written, draft, where):
                about.stay.setdefault("extension", []).append(
                    {
                        "url": addresses.EXTENSION_LEGAL_STATUS,
                        "extension": [
                            {"url": "legalStatusContext", "valueCodeableConcept": _CONTEXT},
                            {"url": "legalStatusClassification", "valueCodeableConcept": status},
                        ],
                    }
                )
