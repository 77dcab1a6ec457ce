"""A process that uses the embedded server: holds a lease until its standard input ends."""

import sys
from pathlib import Path

from postgres.embedded import acquire, ensure_database


def main() -> None:
    """Say the server's address, then see to the server at each line that comes in."""
    with acquire(Path(sys.argv[1])) as lease:
        ensure_database(lease.server, "lfd")
        print(lease.server.url(), flush=True)
        for _ in sys.stdin:
            lease.ensure_running()
            print(lease.server.url(), flush=True)


if __name__ == "__main__":
    main()
