"""Patches: JSON Patch (RFC 6902) and FHIRPath Patch (FHIR R4), applied to what the caller sees."""
