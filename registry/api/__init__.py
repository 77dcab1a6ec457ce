"""The registry over HTTP: the FHIR R4 API."""
