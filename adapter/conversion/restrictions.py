"""What may not be disclosed: ARV, PV2-22 and ZU8 as security labels (meta.security).

The guide has no map of ARV. A label says `R` (restricted) and what it is about, by HL7 table 0717.
Where a person is (`LOC`) is withheld when a Bundle is minimised: adapter/conversion/shielding.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource, coding
from adapter.conversion.segment_entry import About
from adapter.conversion.shielding import LOCATION
from adapter.conversion.text_values import coding as read_coding
from adapter.er7 import NO_VALUE, Segment
from mappings import CodeMap
from nhs import addresses

RESTRICTED = coding(f"{addresses.TERMINOLOGY}v3-Confidentiality", "R", "restricted")
_LIFTED = "D"
"""HL7 table 0206, in ARV-2. `X` (no change) is a restriction that stands."""
_NOTHING_WITHHELD = {"NO", "OI"}


@dataclass(frozen=True, slots=True)
class RestrictionWriter:
    """Writes security labels with the table of what can be restricted (HL7 table 0717)."""

    values: CodeMap

    def write(self, about: About, draft: Draft) -> None:
        """Takes a person and their stay; labels both as their segments say."""
        in_stay, count = False, 0
        for segment in about.group.segments:
            in_stay = in_stay or segment.id == "PV1"
            if segment.id == "ARV":
                count += 1
                self._restrict(segment, f"ARV[{count}]", about, in_stay, draft)
            elif segment.id == "PV2" and segment.text(22).upper() == "Y" and about.stay:
                _label(about.stay, RESTRICTED)
        if _is_shielded(about, draft):
            _shield(about)

    def _restrict(
        self, arv: Segment, label: str, about: About, in_stay: bool, draft: Draft
    ) -> None:
        """ARV-3. After PV1 a restriction is of the stay; that of the place is always of both."""
        written = arv.text(3)
        if written in NO_VALUE or arv.text(2).upper() == _LIFTED:
            return
        value = read_coding(self.values)(written, draft, f"{label}-3")
        if value is None or value["code"] in _NOTHING_WITHHELD:
            return
        if value["code"] in {LOCATION["code"], "ALL"}:
            _shield(about)
        target = about.stay if in_stay and about.stay else about.patient
        _label(target, RESTRICTED, value)


def _is_shielded(about: About, draft: Draft) -> bool:
    """Whether the site's field for it (ITK: ZU8-1) shields the place. A code that nobody knows
    shields: what is withheld in error can be asked for; what is shown cannot be taken back."""
    field = draft.site.location_shielding_field
    for segment in about.group.all(field.segment):
        written = segment.text(field.field, field.component or 1).upper()
        if written not in NO_VALUE and written not in draft.site.location_open_codes:
            return True
    return False


def _shield(about: About) -> None:
    for resource in (about.patient, about.stay):
        if resource:
            _label(resource, RESTRICTED, LOCATION)


def _label(resource: Resource, *labels: Resource) -> None:
    security = resource.setdefault("meta", {}).setdefault("security", [])
    security += [dict(label) for label in labels if label not in security]
