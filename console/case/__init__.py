"""One death as its parties see it: who, when, where, and every review of it."""
