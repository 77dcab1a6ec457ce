"""Years of history into the adapter's inbox: archived messages, rows of discharges and deaths."""
