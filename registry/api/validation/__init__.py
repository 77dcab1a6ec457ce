"""Validation of what clients send: FHIR R4's own definitions as data, and the rules beside them."""
