"""Which account the server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from postgres.directory import DataDirectory
from postgres.error import PostgresError


@dataclass(frozen=True)
class Account:
    """An unprivileged account."""

    uid: int
    gid: int


def server_account(directory: DataDirectory) -> Account | None:
    """Return the account that root lends to the server of `directory`; None when we aren't root.

    The owner of an existing cluster, else of the data directory, else `postgres`, else `nobody`.
    Raises PostgresError when the cluster is somebody else's, or no account is left to choose.
    """
    if os.geteuid() != 0:
        _check_owner(directory.cluster)
        return None
    for path in (directory.cluster, directory.path):
        if path.exists() and (state := path.stat()).st_uid != 0:
            return Account(state.st_uid, state.st_gid)
    return _named("postgres") or _named("nobody") or _no_account()


def reachable(path: Path, account: Account) -> bool:
    """Return whether `account` may enter every directory above `path`, and enter or run `path`."""
    return all(_may_enter(step, account) for step in (path, *path.parents))


def _may_enter(path: Path, account: Account) -> bool:
    state = path.stat()
    if state.st_uid == account.uid:
        return bool(state.st_mode & 0o100)
    if state.st_gid == account.gid:
        return bool(state.st_mode & 0o010)
    return bool(state.st_mode & 0o001)


def _check_owner(cluster: Path) -> None:
    if cluster.exists() and (owner := cluster.stat().st_uid) != os.geteuid():
        raise PostgresError(
            f"{cluster} belongs to user id {owner}, and this is user id {os.geteuid()}: "
            "run as that user or as root, or choose another data directory"
        )


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _no_account() -> Account:
    raise PostgresError(
        "PostgreSQL can't run as root, and there is neither a `postgres` nor a `nobody` account: "
        "run as an ordinary user"
    )
