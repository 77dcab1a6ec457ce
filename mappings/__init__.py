"""What converts to what, as data, with the readers that check it: README.md explains the files."""

from mappings.codes import CodeMap, Target, Unmapped
from mappings.errors import MappingError
from mappings.events import Event, Subject
from mappings.flags import FlagList
from mappings.maps import MapFile
from mappings.package import Mappings
from mappings.rows import Constant, FieldPlace, Row, Step
from mappings.site import Site

__all__ = [
    "CodeMap",
    "Constant",
    "Event",
    "FieldPlace",
    "FlagList",
    "MapFile",
    "MappingError",
    "Mappings",
    "Row",
    "Site",
    "Step",
    "Subject",
    "Target",
    "Unmapped",
]
