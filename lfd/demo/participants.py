"""Who takes part in the demo, all fictional: organisations, and the clients that act for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapter.token import Credentials
from lfd.keys import private_key, public_key
from registry import database as registry_database
from registry.access import clients
from registry.directory import loading, reading
from registry.service import recompute_mentioning
from registry.settings import RegistrySettings

TRUSTS = ("ZT1", "ZT2", "ZM1")
PRACTICE = "Z99901"
_BOARD = "ZB1"
_NATION = "X26"
_DIRECTORY = Path(__file__).with_name("organisations.csv")


@dataclass(frozen=True, slots=True)
class Participant:
    """An API client: its id, whom it acts for, in which role, and where its private key is."""

    client: str
    organisation: str
    role: str
    key: Path

    @property
    def credentials(self) -> Credentials:
        """What it proves itself with."""
        return Credentials(self.client, private_key(self.key))


@dataclass(frozen=True, slots=True)
class Participants:
    """All clients of the demo, each with a key of its own."""

    adapters: tuple[Participant, ...]
    providers: tuple[Participant, ...]
    practice: Participant
    board: Participant
    national: Participant

    @classmethod
    def of(cls, keys: Path) -> Participants:
        """Takes the directory of keys; returns the participants, their keys made where missing.

        Failure: a key can be neither read nor made.
        """
        made = cls(
            adapters=tuple(_participant(ods, "adapter", keys) for ods in TRUSTS),
            providers=tuple(_participant(ods, "provider", keys) for ods in TRUSTS),
            practice=_participant(PRACTICE, "gp", keys),
            board=_participant(_BOARD, "icb", keys),
            national=_participant(_NATION, "national", keys),
        )
        for participant in made.all():
            private_key(participant.key)
        return made

    @property
    def organisations(self) -> list[str]:
        """The ODS codes of those they act for, each once."""
        return list(dict.fromkeys(one.organisation for one in self.all()))

    def all(self) -> list[Participant]:
        """Every one of them."""
        return [*self.adapters, *self.providers, self.practice, self.board, self.national]


async def load_directory(settings: RegistrySettings) -> None:
    """Takes the registry's settings; loads the demo's organisations into its directory."""
    file = reading.read(_DIRECTORY.name, _DIRECTORY.read_bytes())
    with registry_database.connect(settings.database) as connection:
        loaded = loading.load(connection, file.organisations)
    await recompute_mentioning(settings, loaded.changed_codes)


def register(database: str, participants: Participants) -> None:
    """Takes the registry's database and the participants; registers each with its public key."""
    with registry_database.connect(database) as connection:
        for one in participants.all():
            key = public_key(private_key(one.key))
            clients.add(connection, one.client, one.organisation, one.role, key)


def _participant(ods: str, role: str, keys: Path) -> Participant:
    client = f"{ods.lower()}-{role}"
    return Participant(client, ods, role, keys / f"{client}.pem")
