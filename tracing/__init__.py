"""What one message brings about, from its receipt to the subscriber, as one OpenTelemetry trace."""
