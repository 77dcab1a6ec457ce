"""JSON Web Key Sets: read, fetched from the few addresses allowed, kept for a while."""
