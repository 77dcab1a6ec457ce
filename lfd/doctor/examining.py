"""All checks of one command, in the order in which they help: settings first."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

import orjson
from prometheus_client import CollectorRegistry

from adapter.metrics import Metrics
from adapter.token import Credentials
from lfd import settings_file
from lfd.adapter_security import security
from lfd.arguments import parser
from lfd.console import console_settings
from lfd.doctor import certificates, databases, disks, network, standbys
from lfd.doctor.finding import Finding, Level, fail, ok
from lfd.doctor.programs import versions
from lfd.failure import Failure
from lfd.national import national_settings
from lfd.read_database import read_database
from lfd.reading import read_text
from lfd.site import site
from lfd.subscriptions import subscription_settings
from lfd.trust import trusted_issuers
from registry.replicas.hosts import each_host

Read = TypeVar("Read")

_SECRETS = (
    "key", "tls_key", "oidc_client_key", "oidc_client_secret", "pds_key", "mesh_password",
    "mesh_shared_key", "mesh_key",
)  # fmt: skip
_CERTIFICATES = ("tls_cert", "tls_client_ca", "mesh_cert", "mesh_ca")
_ADVICE = "Mend the setting; docs/settings.md lists all of them"


def run(chosen: Namespace) -> int:
    """As `lfd.doctor.run`."""
    words = cast("list[str]", chosen.started)
    if not words or words[0] not in _CHECKS:
        named = ", ".join(f"`lfd doctor {name}`" for name in _CHECKS)
        raise Failure(f"what is to be examined? One of {named}, with its options")
    is_failing = False
    for finding in findings(words, chosen):
        is_failing |= finding.level is Level.FAIL
        print(_json(finding) if chosen.json else finding.line, flush=True)
    return 1 if is_failing else 0


def findings(words: Sequence[str], chosen: Namespace) -> Iterator[Finding]:
    """Takes the words with which a process is started, and the doctor's own options; gives what was
    found, one check after the other."""
    yield from versions()
    started = _settings(words)
    if isinstance(started, Finding):
        yield started
    else:
        yield ok("settings", f"those of `lfd {words[0]}` can be read")
        yield from _CHECKS[words[0]](started, chosen.expiry_days)
        yield from _files(started, chosen.expiry_days)
    yield from disks.space("disk for temporary files", tempfile.gettempdir())
    if chosen.backups is not None:
        yield disks.backups(chosen.backups, chosen.backup_hours)


def _settings(words: Sequence[str]) -> Namespace | Finding:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return settings_file.read(parser(), words, os.environ)
    except Failure as failure:
        return fail("settings", str(failure), _ADVICE)
    except SystemExit:
        lines = said.getvalue().strip().splitlines() or ["they cannot be read"]
        return fail("settings", lines[-1].partition(": error: ")[2] or lines[-1], _ADVICE)


def _registry(started: Namespace, days: int) -> Iterator[Finding]:
    base_url = started.public_url or f"http://{started.http}"
    issuers = _used("issuers", lambda: trusted_issuers(started))
    console = _used("console", lambda: console_settings(started, started.database, base_url))
    subscribed = _used("subscriptions", lambda: subscription_settings(started))
    for one in (issuers, console, subscribed):
        if isinstance(one, Finding):
            yield one
    yield network.listening("http", started.http)
    yield from databases.examine(started.database, "registry")
    yield from _standbys(started)
    if started.public_url:
        address = f"{started.public_url.rstrip('/')}/.well-known/smart-configuration"
        yield from network.service("public address", address, days)
    if not isinstance(issuers, Finding):
        for one in issuers.issuers:
            yield from network.service(f"issuer {one.name}", one.jwks_url, days)
    yield from _identity_provider(started, days)
    yield from _national(started, days)
    yield from _collector(started, days)


def _standbys(started: Namespace) -> Iterator[Finding]:
    servers = _used("--read-database", lambda: read_database(started))
    if isinstance(servers, Finding):
        yield servers
    elif servers is not None:
        yield from standbys.examine(started.database, each_host(servers), started.read_lag_seconds)


def _identity_provider(started: Namespace, days: int) -> Iterator[Finding]:
    if started.oidc_issuer:
        address = f"{started.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
        yield from network.service("identity provider", address, days)


def _collector(started: Namespace, days: int) -> Iterator[Finding]:
    if started.traces is None:
        return
    # Only where it is asked for: OpenTelemetry is large.
    from tracing.sending import PATH

    yield from network.service("traces", started.traces.rstrip("/") + PATH, days)


def _national(started: Namespace, days: int) -> Iterator[Finding]:
    national = _used("national feed", lambda: national_settings(started))
    if isinstance(national, Finding):
        yield national
    for name in ("pds_token_url", "mesh_url"):
        if getattr(started, name) is not None:
            yield from network.service(_option(name), getattr(started, name), days)


def _adapter(started: Namespace, days: int) -> Iterator[Finding]:
    yield _site(started)
    # Metrics of its own: reading the files shows what they are.
    secure = _used("senders and TLS", lambda: security(started, Metrics(CollectorRegistry())))
    yield secure if isinstance(secure, Finding) else ok("senders and TLS", "the files can be used")
    yield network.listening("mllp", started.mllp)
    yield network.listening("http", started.http)
    yield from databases.examine(started.database, "adapter")
    base = f"{started.registry.rstrip('/')}/fhir"
    yield from network.service("registry", f"{base}/metadata", days)
    key = _used("--key", lambda: read_text(started.key))
    if isinstance(key, Finding):
        yield key
    else:
        yield network.token(base, Credentials(started.client, key))
    yield from _collector(started, days)


def _feeds(started: Namespace, days: int) -> Iterator[Finding]:
    base_url = started.public_url or f"http://{started.http}"
    console = _used("console", lambda: console_settings(started, started.database, base_url))
    if isinstance(console, Finding):
        yield console
    elif console is None:
        advice = "Name the identity provider that signs people in: docs/sign-in.md"
        yield fail("console", "--oidc-issuer is missing: nobody could sign in", advice)
    yield network.listening("http", started.http)
    # Its sessions and its audit record are a registry's, in the same database.
    yield from databases.examine(started.database, "feeds", ("adapter", "registry"))
    yield from _identity_provider(started, days)
    yield from _collector(started, days)


def _up(started: Namespace, days: int) -> Iterator[Finding]:
    yield _site(started)
    base_url = f"http://{started.http}"
    console = _used("console", lambda: console_settings(started, "", base_url))
    if isinstance(console, Finding):
        yield console
    yield network.listening("mllp", started.mllp)
    yield network.listening("http", started.http)
    yield from _national(started, days)
    yield from _collector(started, days)
    yield from disks.space("disk of --data", started.data)
    yield _writable(started.data)


def _writable(data: Path) -> Finding:
    place = data.absolute()
    while not place.exists():
        place = place.parent
    if os.access(place, os.W_OK):
        return ok("--data", f"{data} can be written")
    return fail("--data", f"{place} cannot be written", "Choose another, or chown it")


def _site(started: Namespace) -> Finding:
    read = _used("--site", lambda: site(started.site, started.organisation))
    if isinstance(read, Finding):
        return read
    return ok("--site", "the defaults" if started.site is None else f"{started.site} can be used")


def _files(started: Namespace, days: int) -> Iterator[Finding]:
    now = datetime.now(UTC)
    for name in _CERTIFICATES:
        if (path := getattr(started, name, None)) is not None:
            yield certificates.expiry(_option(name), path, days, now)
    for name in _SECRETS:
        if (path := getattr(started, name, None)) is not None:
            yield from certificates.private(_option(name), path)


def _used(check: str, read: Callable[[], Read]) -> Read | Finding:
    try:
        return read()
    except Failure as failure:
        return fail(check, str(failure), _ADVICE)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _json(finding: Finding) -> str:
    said = {
        "level": finding.level.value,
        "check": finding.check,
        "found": finding.found,
        "advice": finding.advice or None,
    }
    return orjson.dumps(said).decode()


_CHECKS: dict[str, Callable[[Namespace, int], Iterator[Finding]]] = {
    "registry": _registry,
    "adapter": _adapter,
    "feeds": _feeds,
    "up": _up,
}
