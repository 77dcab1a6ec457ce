"""What the national feed needs to know to start. Without it there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from registry.national.schedule import Pace


@dataclass(frozen=True, slots=True)
class ApplicationKey:
    """Who we are to the API platform: the application's API key, its private key (RSA, PEM), the
    `kid` of the public half as it was registered, and the address that gives tokens."""

    client: str
    private_key: str
    key_id: str
    token_url: str


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """A MESH mailbox: the service's address, the mailbox, its password and the shared key of the
    service; the client certificate with its key, and the authorities the service is known by (None:
    those that mesh-client brings for its address); and the seconds between two looks."""

    url: str
    mailbox: str
    password: str
    shared_key: bytes
    certificate: tuple[Path, Path] | None = None
    authorities: Path | None = None
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class NationalSettings:
    """`demographics_url` is the FHIR base of the Personal Demographics Service, `flags_url` that of
    the patient-flags service (None: its events are not taken); `per_second` the reads of one
    service a second, of all processes together; `organisation` the ODS code we read for; `pace`
    how often people are read without an event (None: never)."""

    demographics_url: str
    key: ApplicationKey
    flags_url: str | None = None
    per_second: int = 5
    organisation: str | None = None
    pace: Pace | None = None
    mailbox: MailboxSettings | None = None
