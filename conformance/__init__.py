"""Our FHIR implementation guide, and the tests that hold us to it with other people's tools."""
