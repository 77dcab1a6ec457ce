"""Sessions of people who have signed in: kept in the database, named by a cookie."""
