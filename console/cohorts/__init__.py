"""Cohorts: deaths of a month that several organisations review together."""
