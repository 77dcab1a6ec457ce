"""Other people's FHIR clients, each used against the registry as its own users use it."""
