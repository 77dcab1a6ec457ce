"""A process that migrates a schema: takes the database's address, the schema and the folder."""

import sys
from pathlib import Path

import psycopg

from postgres.migrate import migrate


def main() -> None:
    """Print the name of each script applied."""
    url, schema, folder = sys.argv[1:]
    with psycopg.connect(url) as connection:
        for name in migrate(connection, schema, Path(folder)):
            print(name)


if __name__ == "__main__":
    main()
