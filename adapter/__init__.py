"""HL7 v2 in, FHIR out: takes ADT messages, keeps them safe, converts and delivers them."""
