"""Returns: an organisation's own figures for a quarter or a year, its actions, and publishing."""
