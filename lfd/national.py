"""The options of the national feed, as a registry takes them."""

from __future__ import annotations

from argparse import Namespace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from lfd.failure import Failure
from registry.national.schedule import DAILY, SWEEP
from registry.national.settings import ApplicationKey, MailboxSettings, NationalSettings
from registry.national.token import NoToken, assertion

_PACES = {"daily": DAILY, "sweep": SWEEP}
_NEEDED = ("pds_token_url", "pds_client", "pds_key", "pds_key_id")
_NEED_PDS = ("flags_url", "mesh_url", "pds_poll", "pds_organisation", *_NEEDED)
_NEEDED_BY_MESH = ("mesh_mailbox", "mesh_password", "mesh_shared_key")
_OF_MESH = (*_NEEDED_BY_MESH, "mesh_cert", "mesh_key", "mesh_ca")


def national_settings(chosen: Namespace) -> NationalSettings | None:
    """Takes a command's options of the national feed; returns its settings, None where there is to
    be none. Failure: something is missing or can't be used."""
    if chosen.pds_url is None:
        _none_of(chosen, _NEED_PDS, "--pds-url")
        return None
    _all_of(chosen, _NEEDED, "--pds-url")
    return NationalSettings(
        demographics_url=https_address(chosen, "pds_url"),
        key=application_key(chosen),
        flags_url=None if chosen.flags_url is None else https_address(chosen, "flags_url"),
        per_second=chosen.pds_rate,
        organisation=chosen.pds_organisation,
        pace=None if chosen.pds_poll is None else _PACES[chosen.pds_poll],
        mailbox=_mailbox(chosen),
    )


def application_key(chosen: Namespace) -> ApplicationKey:
    """Takes a command's options; returns who we are to the API platform. Failure: the key or the
    address of tokens can't be used."""
    key = ApplicationKey(
        client=chosen.pds_client,
        private_key=_text(chosen, "pds_key"),
        key_id=chosen.pds_key_id,
        token_url=https_address(chosen, "pds_token_url"),
    )
    try:
        assertion(key, 0)
    except NoToken as error:
        raise Failure(f"--pds-key: {error}") from None
    return key


def _mailbox(chosen: Namespace) -> MailboxSettings | None:
    if chosen.mesh_url is None:
        _none_of(chosen, _OF_MESH, "--mesh-url")
        return None
    _all_of(chosen, _NEEDED_BY_MESH, "--mesh-url")
    if (chosen.mesh_cert is None) != (chosen.mesh_key is None):
        raise Failure("--mesh-cert and --mesh-key belong together")
    return MailboxSettings(
        url=https_address(chosen, "mesh_url"),
        mailbox=chosen.mesh_mailbox,
        password=_text(chosen, "mesh_password").strip(),
        shared_key=_text(chosen, "mesh_shared_key").strip().encode(),
        certificate=(chosen.mesh_cert, chosen.mesh_key) if chosen.mesh_cert else None,
        authorities=chosen.mesh_ca,
        seconds=chosen.mesh_seconds,
    )


def https_address(chosen: Namespace, name: str) -> str:
    """Takes a command's options and the name of one; returns the address it has. Failure: it is not
    https, nor http on this machine: what we ask for is about people."""
    said = str(getattr(chosen, name)).rstrip("/")
    parts = urlsplit(said)
    if not parts.hostname or not (
        parts.scheme == "https" or _is_here(parts.scheme, parts.hostname)
    ):
        raise Failure(f"{_option(name)}: an https address is needed, like https://HOST/PATH")
    return said


def _is_here(scheme: str, host: str) -> bool:
    if scheme != "http":
        return False
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _text(chosen: Namespace, name: str) -> str:
    path = getattr(chosen, name)
    assert isinstance(path, Path)
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "cannot be read as text"
        raise Failure(f"{_option(name)} {path}: {said}") from error


def _all_of(chosen: Namespace, names: tuple[str, ...], by: str) -> None:
    missing = [_option(name) for name in names if getattr(chosen, name) is None]
    if missing:
        raise Failure(f"{by} needs {', '.join(missing)} too")


def _none_of(chosen: Namespace, names: tuple[str, ...], without: str) -> None:
    said = [_option(name) for name in names if getattr(chosen, name) is not None]
    if said:
        raise Failure(f"{', '.join(said)}: without {without} there is no national feed")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
