"""Private keys of our own clients, made on first use and kept beside the data."""

from __future__ import annotations

from pathlib import Path

from joserfc.jwk import ECKey

from lfd.failure import Failure


def private_key(path: Path) -> str:
    """Takes a path; returns the private key in it (EC P-384, PEM), made if there is none.

    Only the owner can read the file. Failure where it cannot be read or made.
    """
    try:
        return _read_or_make(path)
    except OSError as error:
        raise Failure(f"the key {path}: {error.strerror or 'cannot be used'}") from error


def _read_or_make(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = ECKey.generate_key("P-384", private=True).as_pem(private=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(made)
        fresh.replace(path)
    return path.read_text()


def public_key(private: str) -> str:
    """Takes a private key (PEM); returns its public key (PEM)."""
    return ECKey.import_key(private).as_pem(private=False).decode()
