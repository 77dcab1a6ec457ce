"""HL7 v2 in, FHIR out: takes a trust's ADT messages, keeps them safe, converts and delivers them."""
