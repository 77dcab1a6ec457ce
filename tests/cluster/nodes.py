"""The cluster of deployment/cluster/local, as a drill speaks to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

LOCAL = Path(__file__).parents[2] / "deployment/cluster/local"
PATIENCE = 180.0


def missing() -> list[str]:
    """What a cluster needs and this machine does not have."""
    patroni = os.environ.get("PATRONI", "patroni")
    postgres = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/18/bin")) / "postgres"
    needed = [patroni, "etcd", "psql", "curl", "setpriv", str(postgres)]
    return [program for program in needed if shutil.which(program) is None]


class Nodes:
    """Three nodes in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def _run(self, action: str, *words: str) -> str:
        command = [str(LOCAL), action, str(self.directory), *words]
        # Into a file: what is started in the background would keep a pipe open.
        with (self.directory.parent / "cluster.out").open("w+") as said:
            done = subprocess.run(
                command, stdout=said, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False
            )
            said.seek(0)
            text = said.read()
        assert done.returncode == 0, f"{action}: {text}"
        return text.strip()

    def start(self) -> None:
        """Makes and starts it; returns when all three nodes serve."""
        self._run("start")

    def stop(self) -> None:
        """Kills all of it."""
        self._run("stop")

    def url(self, database: str) -> str:
        """The connection string of a database, without its password."""
        return self._run("url", database)

    @property
    def password_file(self) -> Path:
        """What PGPASSFILE has to name."""
        return self.directory / "pgpass"

    def primary(self) -> str:
        """The number of the node that takes writes."""
        return self._run("primary")

    def kill_process(self, node: str) -> None:
        """Kills a node's PostgreSQL by SIGKILL."""
        self._run("kill-process", node)

    def kill_node(self, node: str) -> None:
        """Kills a node's PostgreSQL, Patroni and etcd by SIGKILL."""
        self._run("kill-node", node)

    def mend(self, node: str) -> None:
        """Starts what of a node does not run; returns when all three nodes serve."""
        self._run("start-node", node)
        self._run("whole")
