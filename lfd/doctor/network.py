"""Other services: whether they answer, what their clock says, and when their certificate ends."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from adapter.token import Credentials, TokenRefused, request_token
from lfd.doctor.certificates import ends
from lfd.doctor.clocks import skew
from lfd.doctor.finding import Finding, fail, ok, warn
from lfd.endpoint import Endpoint

SECONDS = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


def service(name: str, url: str, days: int) -> Iterator[Finding]:
    """Takes what a service is called, an address of it, and how many days ahead to warn of its
    certificate's end; gives what was found. Any answer below 500 shows that it is there."""
    before = datetime.now(UTC)
    try:
        answer = httpx.get(url, timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        found = f"{_host(url)} does not answer ({type(error).__name__})"
        yield fail(name, found, "Look at the address, DNS, firewalls, and its certificate")
        return
    after = datetime.now(UTC)
    if answer.status_code >= 500:
        yield fail(name, f"{_host(url)} answers HTTP {answer.status_code}", "Ask who runs it")
    else:
        yield ok(name, f"{_host(url)} answers")
    if date := answer.headers.get("Date"):
        yield from _date(name, date, before, after)
    yield from _certificate(name, url, days)


def token(base: str, credentials: Credentials) -> Finding:
    """Takes the registry's FHIR base and who asks; returns whether it gives an access token."""

    async def ask() -> None:
        async with httpx.AsyncClient(timeout=SECONDS) as http:
            await request_token(http, base, credentials)

    try:
        asyncio.run(ask())
    except TokenRefused as error:
        advice = "Look at --client and --key, and that `lfd client add` registered this key"
        return fail("access token", f"the registry gives none: {error.reason}", advice)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        found = f"it could not be asked for ({type(error).__name__})"
        return fail("access token", found, "Look at --registry")
    return ok("access token", f"the registry gives {credentials.client_id} one")


def listening(name: str, where: Endpoint) -> Finding:
    """Takes what is served and where; returns whether it could be, or is by a process that is
    ready."""
    host = _EVERYWHERE.get(where.host, where.host)
    try:
        with socket.create_connection((host, where.port), SECONDS):
            pass
    except OSError:
        return _could_listen(name, where)
    if name != "http":
        return ok(name, f"something listens at {where}: the process, if it runs")
    for scheme in ("http", "https"):
        try:
            answer = httpx.get(
                f"{scheme}://{Endpoint(host, where.port)}/readyz", timeout=SECONDS,
                # Ours, on this machine: the name in its certificate is another.
                verify=False,  # noqa: S501 - nothing is sent, and only a status read
            )  # fmt: skip
        except httpx.HTTPError:
            continue
        if answer.status_code == 200:
            return ok(name, f"a process that is ready serves {where}")
        return warn(name, f"what serves {where} is not ready", "GET /readyz says what is missing")
    return fail(name, f"{where} is taken by something else", "Choose another port, or stop it")


def _could_listen(name: str, where: Endpoint) -> Finding:
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((where.host, where.port))
        except OSError as error:
            found = f"{where} cannot be listened on: {error.strerror}"
            return fail(name, found, f"Look at --{name}: an address of this machine is needed")
    return ok(name, f"{where} is free")


def _date(name: str, said: str, before: datetime, after: datetime) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(said)
    except ValueError:
        return
    if theirs.tzinfo is not None:
        yield skew(name, theirs, before, after, precision=1.0)


def _certificate(name: str, url: str, days: int) -> Iterator[Finding]:
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        return
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as wrapped,
        ):
            shown = wrapped.getpeercert() or {}
    except OSError:
        return
    until = shown.get("notAfter")
    if isinstance(until, str):
        at = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)
        yield ends(name, at, days, datetime.now(UTC))


def _host(url: str) -> str:
    """Without its path: addresses of services may hold keys."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
