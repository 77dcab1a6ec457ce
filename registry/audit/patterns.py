"""How each interaction is told in the audit record: one table.

Source: IHE Basic Audit Log Patterns (BALP) 1.1.3; DICOM PS3.16 for the roles of client and server.
"""

from __future__ import annotations

from typing import NamedTuple

SOURCE, DESTINATION, APPLICATION = "110153", "110152", "110150"
# BALP names the server of a deletion so, and by this code system of its own.
CUSTODIAN = "custodian"
PROVENANCE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
DISPLAY = {
    SOURCE: "Source Role ID",
    DESTINATION: "Destination Role ID",
    APPLICATION: "Application",
}


class Pattern(NamedTuple):
    """How an interaction is told: action, BALP's profile (None: it has none), its code in
    restful-interaction, and the DICOM roles of client and server."""

    action: str
    profile: str | None
    subtype: str
    client: str = SOURCE
    server: str = DESTINATION


# An export's own acts, and that it was made: BALP's pattern of a disclosure at its source.
EXPORTED = "exported"
EXPORT = "export:"
"""What was asked for is an export, by its id."""
PATTERNS = {
    "read": Pattern("R", "Read", "read", DESTINATION, SOURCE),
    "vread": Pattern("R", "Read", "vread", DESTINATION, SOURCE),
    "history-instance": Pattern("R", None, "history-instance", DESTINATION, SOURCE),
    "history-type": Pattern("R", None, "history-type", DESTINATION, SOURCE),
    "search-type": Pattern("E", "Query", "search-type"),
    "create": Pattern("C", "Create", "create"),
    "update": Pattern("U", "Update", "update"),
    "conditional-update": Pattern("U", "Update", "update"),
    "patch": Pattern("U", "Update", "patch"),
    "transaction": Pattern("E", None, "transaction"),
    "validate": Pattern("E", None, "operation"),
    "validate-instance": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "process-message": Pattern("E", None, "operation"),
    "explain": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "evaluate-measure": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "publish-return": Pattern("E", None, "operation"),
    "record-learning-action": Pattern("E", None, "operation"),
    "export": Pattern("E", None, "operation"),
    "export-patient": Pattern("E", None, "operation"),
    "export-group": Pattern("E", None, "operation"),
    "export-status": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "export-file": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "export-cancel": Pattern("E", None, "operation"),
    EXPORTED: Pattern("R", None, "operation", DESTINATION, SOURCE),
    "agree": Pattern("E", None, "operation"),
    "withdraw": Pattern("E", None, "operation"),
    "delete": Pattern("D", "Delete", "delete", APPLICATION, CUSTODIAN),
    "subscription-status": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "subscription-statuses": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "subscription-events": Pattern("E", None, "operation", DESTINATION, SOURCE),
    # What we send: the endpoint is the destination.
    "notification": Pattern("E", None, "operation", DESTINATION, SOURCE),
    # What an integration team does with the messages of its own feed that wait (console/feeds).
    "message-shown": Pattern("R", None, "operation", DESTINATION, SOURCE),
    "message-released": Pattern("E", None, "operation"),
    "site-file-tried": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "site-file-applied": Pattern("E", None, "operation"),
    # What an operator looks at with `lfd`, beside the API.
    "operator-explain": Pattern("E", None, "operation", DESTINATION, SOURCE),
    "operator-held": Pattern("E", None, "operation", DESTINATION, SOURCE),
}
# Messages of a feed are of no type of FHIR's, and are named by their number in the adapter.
MESSAGE = "message:"
"""What was looked at or released is a received message, by its number."""
OPERATOR = "operator"
WRITES = {pattern for pattern in PATTERNS.values() if pattern.action in "CUD"}
