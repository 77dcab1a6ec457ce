"""Bulk Data export, and the cohorts that several organisations review together."""
