"""Addresses of our own profiles, code systems and identifier systems.

The base is under `.example`, which nobody can own (RFC 2606): whoever publishes the guide sets it
here, once.
"""

from __future__ import annotations

from functools import lru_cache

BASE = "https://fhir.learning-from-deaths.example"

CODE_SYSTEM = f"{BASE}/CodeSystem/"
VALUE_SET = f"{BASE}/ValueSet/"
PROFILE = f"{BASE}/StructureDefinition/"
IDENTIFIER = f"{BASE}/Id/"
SUBSCRIPTION_TOPIC = f"{BASE}/SubscriptionTopic/"

# Code systems
FLAG_CODE = f"{CODE_SYSTEM}flag"
OBSERVATION_CODE = f"{CODE_SYSTEM}observation"
DATA_QUALITY = f"{CODE_SYSTEM}data-quality"
REVIEW_ROUTE = f"{CODE_SYSTEM}review-route"
REVIEW_NECESSITY = f"{CODE_SYSTEM}review-necessity"
REVIEW_STATE = f"{CODE_SYSTEM}review-state"
REVIEW_INPUT = f"{CODE_SYSTEM}review-input"
REVIEW_CRITERION = f"{CODE_SYSTEM}review-criterion"
LEAD_RULE = f"{CODE_SYSTEM}lead-rule"
DEATH_SCOPE = f"{CODE_SYSTEM}death-scope"
DEATH_PLACE = f"{CODE_SYSTEM}death-place"
REVIEW_OUTPUT = f"{CODE_SYSTEM}review-output"
REVIEW_REASON = f"{CODE_SYSTEM}review-reason"
REVIEW_STEP = f"{CODE_SYSTEM}review-step"
CONCERN_KIND = f"{CODE_SYSTEM}concern"
INQUIRY = f"{CODE_SYSTEM}inquiry"
ALARM_KIND = f"{CODE_SYSTEM}alarm"
ALARM_SUBJECT = f"{CODE_SYSTEM}alarm-subject"
FLAG_FINDING = f"{CODE_SYSTEM}flag-finding"
NATIONAL_EVENT = f"{CODE_SYSTEM}national-event"

# Scales on which reviews judge deaths: opposite in direction, so the scale is the code system.
JUDGEMENT_PRISM = f"{CODE_SYSTEM}judgement-prism"
JUDGEMENT_RCP_NQB = f"{CODE_SYSTEM}judgement-rcp-nqb"

# Identifier systems
CASE_ID = f"{IDENTIFIER}case"
REVIEW_ID = f"{IDENTIFIER}review"
CONCERN_ID = f"{IDENTIFIER}concern"
ALARM_ID = f"{IDENTIFIER}alarm"
EXPORT_ID = f"{IDENTIFIER}export"
SIGNED_IN_PERSON = f"{IDENTIFIER}signed-in-person"
OPERATOR = f"{IDENTIFIER}operator"
MESSAGE_CONTROL_ID = f"{IDENTIFIER}message-control-id"

# Profiles
MESSAGE_BUNDLE = f"{PROFILE}message-bundle"
MINIMISED_BUNDLE = f"{PROFILE}minimised-message-bundle"
REVIEW_TASK = f"{PROFILE}review-task"
INQUIRY_TASK = f"{PROFILE}inquiry-task"
CONCERN = f"{PROFILE}concern"
ALARM = f"{PROFILE}alarm"
DEATH_OBSERVATION = f"{PROFILE}death-observation"
COHORT = f"{PROFILE}cohort"

# Extensions
AGE_BAND = f"{PROFILE}age-band"
COHORT_ORGANISATION = f"{PROFILE}cohort-organisation"
COHORT_SAMPLE = f"{PROFILE}cohort-sample"
SUBSCRIPTION_SECRET = f"{PROFILE}subscription-secret"

# Operations
EXPLAIN_OPERATION = f"{BASE}/OperationDefinition/Patient-explain"


@lru_cache(maxsize=4096)
def local_identifier(organisation: str, authority: str) -> str:
    """Takes the ODS code (or name) of the sender and the assigning authority as the message writes
    it; returns the identifier system of that authority at that sender."""
    return f"{IDENTIFIER}{_segment(organisation)}/{_segment(authority)}"


def _segment(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in text.strip()) or "-"
