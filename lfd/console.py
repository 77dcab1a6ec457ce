"""The console beside a registry: its settings from the command's options, and its life."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from starlette.routing import BaseRoute

from console.address import AddressError, is_loopback
from console.feeds.inbox import Inbox
from console.local_provider.provider import LocalProvider
from console.service import Console
from console.settings import ConsoleSettings, Credential, ProviderSettings, SessionTerms
from console.sign_in import oauth, roles_file
from console.sign_in.admission import Admission
from lfd.failure import Failure
from registry import database as registry_database
from registry.api.in_process import InProcess
from registry.directory.loading import read_all_async
from registry.directory.organisation import Organisation

Beside = Callable[[Namespace, str, str, InProcess], AbstractAsyncContextManager[list[BaseRoute]]]
"""Runs a console beside a registry: takes the command's options, the database, the address and the
registry's API."""

OPTIONS = {
    "--oidc-client-id": "oidc_client_id",
    "--oidc-client-key": "oidc_client_key",
    "--oidc-client-secret": "oidc_client_secret",
}


def console_settings(chosen: Namespace, database: str, base_url: str) -> ConsoleSettings | None:
    """Takes a command's --oidc options, the registry's database and address; returns the console's
    settings, None where no identity provider is named. Failure: the options don't go together, or a
    file can't be used."""
    if chosen.oidc_issuer is None:
        _none_without_issuer(chosen)
        return None
    return _settings(chosen, database, base_url, _external(chosen))


@asynccontextmanager
async def running_named_console(
    chosen: Namespace, database: str, base_url: str, api: InProcess
) -> AsyncGenerator[list[BaseRoute]]:
    """Takes a command's options; gives the routes of a console whose people sign in by the provider
    they name, none where they name none."""
    async with _running(console_settings(chosen, database, base_url), api) as routes:
        yield routes


@asynccontextmanager
async def running_feeds_console(
    settings: ConsoleSettings, api: InProcess, inbox: Inbox
) -> AsyncGenerator[list[BaseRoute]]:
    """Takes the settings, the API that keeps the audit record in the adapter's database, and the
    adapter's inbox; gives the routes of the feeds pages."""
    async with _running(settings, api, inbox, feeds_alone=True) as routes:
        yield routes


@asynccontextmanager
async def _running(
    settings: ConsoleSettings | None,
    api: InProcess,
    inbox: Inbox | None = None,
    *,
    feeds_alone: bool = False,
) -> AsyncGenerator[list[BaseRoute]]:
    """Gives the routes that lead to the console, which must come last. The registry's database must
    be up to date."""
    if settings is None:
        yield []
        return
    console = Console(settings, api, inbox=inbox, feeds_alone=feeds_alone)
    try:
        await console.start()
        yield console.routes
    finally:
        await console.stop()


@asynccontextmanager
async def running_local_console(
    chosen: Namespace,
    database: str,
    base_url: str,
    api: InProcess,
    inbox: Inbox | None = None,
) -> AsyncGenerator[list[BaseRoute]]:
    """Takes the options of a command for one machine, and the inbox of the adapter on it; gives the
    console's routes, with the local sign-in where no identity provider is named. There is neither
    where other machines could reach it."""
    external = console_settings(chosen, database, base_url)
    if external is not None or not is_loopback(chosen.http.host):
        async with _running(external, api, inbox) as routes:
            yield routes
        return
    async with registry_database.pool(database, size=2) as pool:

        async def organisations() -> Sequence[Organisation]:
            async with pool.connection() as connection:
                return list((await read_all_async(connection)).values())

        provider = LocalProvider(base_url, chosen.http.host, organisations)
        settings = _settings(chosen, database, base_url, provider.settings)
        async with _running(settings, api, inbox) as routes:
            yield [*provider.routes, *routes]


def _settings(
    chosen: Namespace, database: str, base_url: str, provider: ProviderSettings
) -> ConsoleSettings:
    terms = SessionTerms(
        timedelta(minutes=chosen.session_idle_minutes), timedelta(hours=chosen.session_hours)
    )
    try:
        return ConsoleSettings(database, base_url, provider, _admission(chosen.oidc_roles), terms)
    except AddressError as error:
        raise Failure(str(error)) from error


def _external(chosen: Namespace) -> ProviderSettings:
    if not chosen.oidc_client_id:
        raise Failure("--oidc-issuer needs --oidc-client-id: who the console is to the provider")
    key, secret = chosen.oidc_client_key, chosen.oidc_client_secret
    if (key is None) == (secret is None):
        raise Failure("--oidc-issuer needs --oidc-client-key or --oidc-client-secret, one of them")
    credential = Credential("key", _text(key)) if key else Credential("secret", _text(secret))
    if not credential.value:
        raise Failure(f"{key or secret} is empty")
    try:
        oauth.check(credential)
        return ProviderSettings(chosen.oidc_issuer, chosen.oidc_client_id, credential)
    except oauth.CredentialError as error:
        raise Failure(f"{key}: {error}") from error
    except AddressError as error:
        raise Failure(str(error)) from error


def _none_without_issuer(chosen: Namespace) -> None:
    for option, name in OPTIONS.items():
        if getattr(chosen, name) is not None:
            raise Failure(f"{option} needs --oidc-issuer: the identity provider's address")


def _admission(path: Path | None) -> Admission:
    if path is None:
        return roles_file.default()
    try:
        return roles_file.read(str(path), path.read_bytes())
    except roles_file.RolesFileError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or 'cannot be read'}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise Failure(f"{path}: {reason or 'cannot be read'}") from error
