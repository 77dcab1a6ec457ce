"""Where a message comes from, beyond its sender: MSH, SFT and EVN.

v2-to-FHIR MSH[MessageHeader], SFT[Device], SFT[MessageHeader], EVN[Provenance]. A test message
(MSH-11 `T` or `D`) is labelled so.
"""

from __future__ import annotations

from adapter.conversion.draft import Draft, Resource, coding, concept
from adapter.conversion.segment_entry import head, place
from adapter.conversion.segment_maps import SegmentMaps
from nhs import addresses

_ASSEMBLER = concept(
    f"{addresses.TERMINOLOGY}provenance-participant-type", "assembler", "Assembler"
)
_TEST = coding(f"{addresses.TERMINOLOGY}v3-ActReason", "HTEST", "test health data")
_TESTING = {"T", "D"}


def write_source(header: Resource, provenance: Resource, draft: Draft, maps: SegmentMaps) -> None:
    """Takes the MessageHeader and the Provenance; adds what the three segments say to them."""
    maps["MSH[MessageHeader]"](draft.message.header, draft, "MSH[1]", header)
    if draft.message.header.text(11).upper() in _TESTING:
        header["meta"].setdefault("security", []).append(_TEST)
    if event := draft.message.first("EVN"):
        maps["EVN[Provenance]"](event, draft, "EVN[1]", provenance)
    for number, sft in enumerate(draft.message.all("SFT"), 1):
        if number == 1:
            maps["SFT[MessageHeader]"](sft, draft, "SFT[1]", header)
        written: Resource = {}
        maps["SFT[Device]"](sft, draft, f"SFT[{number}]", written)
        if written:
            key = (draft.sender.key, *(sft.field(n) for n in (1, 2, 3, 4)))
            device = place(head("Device", key) | written, draft)
            provenance["agent"].append({"type": _ASSEMBLER, "who": device})
