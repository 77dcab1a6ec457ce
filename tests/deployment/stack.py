"""The commands of docker-compose.yml as plain processes on this machine.

What is different here: host names and ports are loopback ones, files lie in a directory of the
test, and the embedded PostgreSQL stands in for the image. The words of each command, the script
that is the image's entry point, the SQL that makes the databases and the health checks are those
of the files themselves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from lfd.keys import private_key, public_key
from postgres.account import server_account
from postgres.binaries import server_programs
from postgres.directory import DataDirectory
from postgres.embedded import EmbeddedServer
from tests.deployment.compose import ALONE, ROOT, instructions

LFD = Path(sys.executable).with_name("lfd")
PUBLIC_HOST = "registry.localhost:8080"
PATIENCE = 60.0


def free_port() -> int:
    """Returns a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def nginx_program() -> str | None:
    """Returns nginx's path, None where it is not installed."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


class Stack:
    """Starts services by their names in docker-compose.yml; ends what it started when closed."""

    def __init__(self, directory: Path, server: EmbeddedServer) -> None:
        self.directory = directory
        self._server = server
        self._exit = ExitStack()
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self.http = {name: free_port() for name in ("registry-1", "registry-2", "adapter", "proxy")}
        self.mllp = free_port()
        self._make_secrets()
        self._make_databases()

    @property
    def url(self) -> str:
        """The address that the registries publish: the proxy's."""
        return f"http://127.0.0.1:{self.http['proxy']}"

    def address(self, service: str) -> str:
        """Takes a service; returns where it answers HTTP."""
        return f"http://127.0.0.1:{self.http[service]}"

    def run(self, service: str) -> str:
        """Runs a one-off service to its end; returns what it printed."""
        return self.lfd(*self._words(service), secret=self._secret(service))

    def lfd(self, *arguments: str, secret: Path | None = None) -> str:
        """Runs `lfd` with these words; returns what it printed. AssertionError if it fails."""
        done = subprocess.run(
            [*self._entry_point(), *arguments],
            env=self._environment(secret),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"lfd {arguments[0]}: {done.stderr}{done.stdout}"
        return done.stdout

    def run_words(self, service: str, option: str) -> str:
        """Takes a service and an option of its command; returns the word after it, as used here."""
        given = self._words(service)
        return given[given.index(option) + 1]

    def start(self, service: str) -> None:
        """Starts a long-running service of our image, and waits until its health check passes."""
        command = [*self._entry_point(), *self._words(service)]
        self._start(service, command, self._environment(self._secret(service)))
        self._await_health(service)

    def start_proxy(self, program: str) -> None:
        """Starts the proxy: nginx by its path, or the stand-in for `round-robin`."""
        ports = [self.http["registry-1"], self.http["registry-2"]]
        if program == "round-robin":
            module = ["-m", "tests.deployment.round_robin", str(self.http["proxy"])]
            command = [sys.executable, *module, *map(str, ports)]
        else:
            command = [
                program,
                "-p",
                str(self._nginx(ports)),
                "-c",
                "nginx.conf",
                "-g",
                "daemon off;",
            ]
        self._start("proxy", command, {"PATH": os.environ["PATH"]})
        deadline = time.monotonic() + PATIENCE
        while not _listens(self.http["proxy"]):
            assert time.monotonic() < deadline, self.log("proxy")
            time.sleep(0.05)

    def stop(self, service: str) -> int:
        """Tells a service to stop; returns its exit code."""
        process = self._started.pop(service)
        process.terminate()
        return process.wait(PATIENCE)

    def log(self, service: str) -> str:
        """Takes a service; returns all it wrote to its standard output and error."""
        return (self.directory / f"{service}.log").read_text()

    def close(self) -> None:
        """Ends what was started, newest first."""
        for service in reversed(list(self._started)):
            self.stop(service)
        self._exit.close()

    def _start(self, service: str, command: list[str], environment: dict[str, str]) -> None:
        log: IO[bytes] = self._exit.enter_context((self.directory / f"{service}.log").open("ab"))
        self._started[service] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def _await_health(self, service: str) -> None:
        """Asks as Docker would: the health check's own command, its port replaced."""
        _, program, *arguments = ALONE.services[service]["healthcheck"]["test"]
        assert program == "python"
        check = [word.replace(":8080/", f":{self.http[service]}/") for word in arguments]
        deadline = time.monotonic() + PATIENCE
        while subprocess.run([sys.executable, *check], capture_output=True, check=False).returncode:
            alive = self._started[service].poll() is None
            assert alive and time.monotonic() < deadline, f"{service}: {self.log(service)}"
            time.sleep(0.1)

    def _words(self, service: str) -> list[str]:
        files = {**ALONE.mounted(service, "configs"), **ALONE.mounted(service, "secrets")}
        return [self._here(word, service, files) for word in ALONE.words(service)]

    def _here(self, word: str, service: str, files: dict[str, Path]) -> str:
        """One word of a command, its hosts, ports and paths replaced by those of this machine."""
        if word in files:
            secret = self.directory / "secrets" / files[word].name
            return str(secret if secret.exists() else files[word])
        if database := re.fullmatch(r"postgresql://(\w+)@postgres/(\w+)", word):
            return self._server.url(database[2], user=database[1])
        if word in {"0.0.0.0:8080", "127.0.0.1:8080"}:
            return f"127.0.0.1:{self.http[service]}"
        if word == "0.0.0.0:2575":
            return f"127.0.0.1:{self.mllp}"
        return word.replace(f"http://{PUBLIC_HOST}", self.url)

    def _entry_point(self) -> list[str]:
        script, command = json.loads(next(rest for w, rest in instructions() if w == "ENTRYPOINT"))
        assert command == "lfd"
        return [str(ROOT / "deployment" / script), str(LFD)]

    def _environment(self, secret: Path | None) -> dict[str, str]:
        passfile = self.directory / f"pgpass-{secret.name if secret else 'none'}"
        given = str(secret) if secret else str(self.directory / "none")
        return {
            "PATH": os.environ["PATH"],
            "DATABASE_PASSWORD_FILE": given,
            "PGPASSFILE": str(passfile),
        }

    def _secret(self, service: str) -> Path:
        password = ALONE.mounted(service, "secrets")["/run/secrets/database-password"]
        return self.directory / "secrets" / password.name

    def _make_secrets(self) -> None:
        secrets = self.directory / "secrets"
        private = private_key(secrets / "adapter-key.pem")
        (secrets / "adapter-key.pub.pem").write_text(public_key(private))
        for name in ("registry", "adapter"):
            (secrets / f"{name}-database-password").write_text(f"{name}-password")

    def _make_databases(self) -> None:
        script = self.directory / "databases.sql"
        text = (ROOT / "deployment/postgres/databases.sql").read_text()
        script.write_text(text.replace("/run/secrets", str(self.directory / "secrets")))
        account = server_account(DataDirectory(self._server.data))
        psql = server_programs(account) / "psql"
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={script}"]
        subprocess.run([str(psql), *options, self._server.url("postgres")], check=True)

    def _nginx(self, ports: list[int]) -> Path:
        """nginx's own files, with the port and the servers replaced; returns their directory."""
        directory = self.directory / "nginx"
        directory.mkdir()
        text = (ROOT / "deployment/nginx/nginx.conf").read_text()
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{self.http['proxy']};")
        text = text.replace("/tmp/", f"{directory}/")
        # As root nginx lends its workers to `nobody`, who cannot enter the test's directory.
        user = "user root;\n" if os.geteuid() == 0 else ""
        (directory / "nginx.conf").write_text(user + text)
        registries = (ROOT / "deployment/nginx/registries.conf").read_text()
        for number, port in enumerate(ports, 1):
            registries = registries.replace(
                f"server registry-{number}:8080 resolve", f"server 127.0.0.1:{port}"
            )
        assert "registry-" not in registries
        (directory / "registries.conf").write_text(registries)
        return directory
