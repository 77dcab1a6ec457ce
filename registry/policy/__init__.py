"""Organisations' own learning-from-deaths policies: read from a file, kept, and read back."""
