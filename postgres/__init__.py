"""PostgreSQL with nothing installed first: the embedded server, and forward migrations."""
