"""The files that one data directory holds."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataDirectory:
    """Where everything of one embedded server lies. `path` is absolute and resolved."""

    path: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory, owned by the account that the server runs as."""
        return self.path / "postgres"

    @property
    def unfinished(self) -> Path:
        """Where initdb works; renamed to `cluster` when complete: a kill leaves no half cluster."""
        return self.path / "postgres.new"

    @property
    def lease(self) -> Path:
        """Each user of the server holds a shared lock on it."""
        return self.path / "postgres.lease"

    @property
    def start(self) -> Path:
        """Locked while somebody looks whether the server runs and starts it."""
        return self.path / "postgres.start"

    @property
    def keeper(self) -> Path:
        """Locked as long as a keeper lives."""
        return self.path / "postgres.keeper"

    @property
    def server(self) -> Path:
        """Locked as long as any process of the server lives: they inherit the lock."""
        return self.path / "postgres.server"

    @property
    def address(self) -> Path:
        """Holds the socket directory while the server answers."""
        return self.path / "postgres.socket"

    @property
    def log(self) -> Path:
        """What the keeper and the server have to say."""
        return self.path / "postgres.log"

    @property
    def server_name(self) -> str:
        """A name for the cluster that stays when the directory moves and differs in a copy."""
        state = self.cluster.stat()
        return f"lfd-{state.st_dev:x}-{state.st_ino:x}"


def open_beside(path: Path, flags: int) -> int:
    """Open or create a private file in a data directory that may belong to an ordinary user.

    Takes the path and the flags of os.open; returns the file descriptor; raises OSError.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        # Root now, the directory's owner next time: both must be able to open it.
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor
