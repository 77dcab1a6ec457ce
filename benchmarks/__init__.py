"""Measurements: each claim about speed comes from here, as a ratio measured side by side."""
