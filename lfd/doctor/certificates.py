"""Certificates in files and their expiry, and who may read private keys."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from lfd.doctor.finding import Finding, fail, ok, warn


def expiry(name: str, path: Path, days: int, now: datetime) -> Finding:
    """Takes the option that names a file of certificates (PEM), the file, how many days ahead to
    warn, and the time; returns when the first of them ends."""
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        return fail(name, f"{path}: {error.strerror}", "Look at the path and who may read it")
    except ValueError:
        return fail(name, f"{path} holds no certificate", "A PEM file is needed")
    return ends(name, min(one.not_valid_after_utc for one in found), days, now)


def ends(name: str, until: datetime, days: int, now: datetime) -> Finding:
    """Takes whose certificate it is, when it ends, how many days ahead to warn, and the time;
    returns what that means."""
    left = (until - now).days
    said = f"the certificate ends on {until.astimezone(UTC):%Y-%m-%d}"
    if until <= now:
        return fail(name, f"{said}: it has ended", "Renew it: nobody who checks lets it pass")
    if left < days:
        return warn(name, f"{said}, in {left} days", "Renew it")
    return ok(name, said)


def private(name: str, path: Path) -> Iterator[Finding]:
    """Takes the option that names a file with a secret, and the file; gives whether others may read
    it. Nothing where it is not there: who reads it says so."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        found = f"{path} can be read by others (mode {stat.S_IMODE(mode):04o})"
        yield warn(name, found, f"chmod 600 {path}")
