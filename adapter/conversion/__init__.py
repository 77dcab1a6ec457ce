"""Turns one HL7 v2 ADT message into one FHIR message Bundle (docs/message-bundle.md).

Pure: mappings are read once when a Converter is made, and nothing is read or written after that.
"""

from adapter.conversion.converter import Conversion, Converter
from adapter.conversion.examination import examine
from adapter.conversion.minimised import minimise
from adapter.conversion.refusal import Refusal
from adapter.conversion.sender import sending_organisation

__all__ = [
    "Conversion",
    "Converter",
    "Refusal",
    "examine",
    "minimise",
    "sending_organisation",
]
