"""Where everything of the demo is: addresses, databases, and the processes that need them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfd.demo import ports
from lfd.demo.children import Order
from lfd.demo.nation import Nation
from lfd.demo.participants import TRUSTS, Participant, Participants
from lfd.demo.sending import Adapter
from lfd.endpoint import Endpoint
from lfd.place import DATABASE
from postgres.embedded import EmbeddedServer, ensure_database
from registry.settings import RegistrySettings

_KEYS = "keys"
HTTP_PORT = 8080
MLLP_PORT = 2575
NATION_PORT = 8090


@dataclass(frozen=True, slots=True)
class Stage:
    """The data directory, the server of its databases, and one address for each thing served."""

    data: Path
    server: EmbeddedServer
    http: Endpoint
    mllp: dict[str, Endpoint]
    adapter_http: dict[str, Endpoint]
    nation: Nation

    @classmethod
    def at(cls, data: Path, server: EmbeddedServer) -> Stage:
        """Takes the data directory and its server; returns a stage with addresses that are free
        and databases that exist."""
        count = len(TRUSTS)
        wanted = [
            *range(HTTP_PORT, HTTP_PORT + count + 1),
            *range(MLLP_PORT, MLLP_PORT + count),
            NATION_PORT,
        ]
        found = ports.choose(wanted)
        http, adapter_http, mllp = found[0], found[1 : count + 1], found[count + 1 : -1]
        for name in (DATABASE, *map(adapter_database, TRUSTS)):
            ensure_database(server, name)
        return cls(
            data,
            server,
            http,
            dict(zip(TRUSTS, mllp, strict=True)),
            dict(zip(TRUSTS, adapter_http, strict=True)),
            Nation.at(found[-1], data / _KEYS),
        )

    @property
    def base_url(self) -> str:
        """The registry's address."""
        return f"http://{self.http}"

    @property
    def keys(self) -> Path:
        """The directory of the clients' private keys."""
        return self.data / _KEYS

    @property
    def logs(self) -> Path:
        """The directory of what the processes write."""
        return self.data / "logs"

    @property
    def registry(self) -> RegistrySettings:
        """The registry's settings, as its process has them."""
        return RegistrySettings(self.server.url(DATABASE), self.base_url, allow_test_numbers=True)

    @property
    def adapters(self) -> dict[str, Adapter]:
        """Each trust's adapter, as messages get to it."""
        return {
            trust: Adapter(where, self.server.url(adapter_database(trust)))
            for trust, where in self.mllp.items()
        }

    def orders(self, participants: Participants) -> list[Order]:
        """Takes the participants; returns the processes to run, the registry's before those
        of its clients."""
        adapters = [self._adapter(one) for one in participants.adapters]
        return [self.nation.order, self._registry(), *adapters]

    def _registry(self) -> Order:
        words = ["registry", "--database", self.registry.database]
        words += ["--http", str(self.http), "--allow-test-numbers", *self.nation.options]
        return Order("registry", words, f"{self.base_url}/readyz")

    def _adapter(self, one: Participant) -> Order:
        trust = one.organisation
        http = self.adapter_http[trust]
        words = ["adapter", "--database", self.adapters[trust].database]
        words += ["--registry", self.base_url, "--client", one.client, "--key", str(one.key)]
        words += ["--http", str(http), "--mllp", str(self.mllp[trust]), "--organisation", trust]
        return Order(f"adapter of {trust}", words, f"http://{http}/readyz")


def adapter_database(trust: str) -> str:
    """Takes a trust's ODS code; returns the name of its adapter's database."""
    return f"adapter_{trust.lower()}"
