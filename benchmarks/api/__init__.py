"""How fast the FHIR API answers, with ever more reviews held."""
