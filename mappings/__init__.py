"""What converts to what, as data, with the readers that check it: README.md explains the files."""

from mappings.codes import CodeMap, Target, Unmapped
from mappings.death import Certificate, Date, DeathRules, Indicator, Statement, Verdict
from mappings.events import Event, Subject
from mappings.flags import FlagList
from mappings.maps import MapFile
from mappings.package import Mappings
from mappings.rows import Constant, FieldPlace, Row, Step
from mappings.site import PROCESSING_IDS, Site

__all__ = [
    "PROCESSING_IDS",
    "Certificate",
    "CodeMap",
    "Constant",
    "Date",
    "DeathRules",
    "Event",
    "FieldPlace",
    "FlagList",
    "Indicator",
    "MapFile",
    "Mappings",
    "Row",
    "Site",
    "Statement",
    "Step",
    "Subject",
    "Target",
    "Unmapped",
    "Verdict",
]
