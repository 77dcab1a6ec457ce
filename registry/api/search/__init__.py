"""Search: parameters as a table, their values, the query they make, and the page it gives."""
