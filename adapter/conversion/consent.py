"""Consent to share what is recorded: the site's field for it (ITK: ZU8-2) as UK Core Consent.

ITK table ZU011: 1 is consent, 2 dissent, 3 not known; the last says nothing that FHIR could hold.
"""

from __future__ import annotations

from adapter.conversion.draft import Draft, Resource, coding, concept
from adapter.conversion.segment_entry import About, head, place
from nhs import addresses

_DECISIONS = {"1": "permit", "2": "deny"}
_SCOPE = concept(f"{addresses.TERMINOLOGY}consentscope", "patient-privacy", "Privacy Consent")
_POLICY = {"text": "Consent to share, as the sending organisation records it"}


def write_consent(about: About, draft: Draft) -> None:
    """Takes a person; adds what they decided on sharing, where they are said to have decided."""
    field = draft.site.consent_to_share_field
    for segment in about.group.all(field.segment):
        decision = _DECISIONS.get(segment.text(field.field, field.component or 1))
        if decision:
            place(_consent(decision, about, draft), draft)


def _consent(decision: str, about: About, draft: Draft) -> Resource:
    consent = head("Consent", (draft.sender.key, about.patient["id"], "share"))
    consent |= {
        "status": "active",
        "scope": _SCOPE,
        "category": [{"coding": [coding("http://loinc.org", "59284-0", "Consent Document")]}],
        "patient": about.person,
        "policyRule": _POLICY,
        "provision": {"type": decision},
    }
    if draft.event_time:
        consent["dateTime"] = draft.event_time
    return consent
