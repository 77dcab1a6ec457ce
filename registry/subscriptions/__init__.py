"""Subscriptions: who wants to be told of what, what happened, and telling them.

Source: HL7 Subscriptions R5 Backport for FHIR R4 (topic-based subscriptions).
"""
