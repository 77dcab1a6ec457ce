"""The audit record: who read or changed what, kept so that a change of it is noticed."""
