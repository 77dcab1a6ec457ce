"""The Minimal Lower Layer Protocol: HL7 messages as blocks on a TCP connection, both ends of it."""
