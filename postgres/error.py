"""The error this package raises: one line that says what failed, where, and what to do."""


class PostgresError(Exception):
    """The embedded server or a migration can't go on; the text is fit to show to an operator."""
