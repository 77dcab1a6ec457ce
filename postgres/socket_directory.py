"""The private directory of the server's socket: short, because socket paths are limited to about
100 bytes, and owned by the server's account with mode 0700."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from postgres.account import Account, reachable
from postgres.error import PostgresError
from postgres.settings import PORT

_LONGEST_SOCKET_PATH = 100
_ROOM_FOR_RANDOM = 10


def prepare_socket_directory(name: str, account: Account | None) -> Path:
    """Make the socket directory `name` below the system's temporary directory; return it.

    If another user made that directory first, one with a random name is made instead.
    Raises PostgresError when no temporary directory is short enough and within reach.
    """
    path = _parent(name, account) / name
    _make(path, account)
    return path if _ours(path, account) else _make_random(path, account)


def socket_files(directory: Path) -> tuple[Path, Path]:
    """Return the socket and its lock file in a socket directory."""
    socket = directory / f".s.PGSQL.{PORT}"
    return socket, socket.with_name(f"{socket.name}.lock")


def clear_socket_directory(directory: Path) -> None:
    """Remove the socket that a killed server left: its lock file names a process id in use again.

    Only for the holder of the server's lock.
    """
    for path in socket_files(directory):
        path.unlink(missing_ok=True)


def remove_socket_directory(directory: Path) -> None:
    """Remove a stopped server's socket directory, as far as it is there and empty."""
    with suppress(OSError):
        directory.rmdir()


def _parent(name: str, account: Account | None) -> Path:
    # Only the parent is shared: the directory in it is 0700, and passed over if not ours.
    for candidate in (os.environ.get("TMPDIR"), "/tmp", "/var/tmp"):  # noqa: S108 (as said above)
        if candidate and _suits(Path(candidate), name, account):
            return Path(candidate)
    raise PostgresError(
        "there is no temporary directory for the server's socket that is short enough and open "
        "to the server's account: set TMPDIR to one"
    )


def _suits(parent: Path, name: str, account: Account | None) -> bool:
    socket, _ = socket_files(parent / name)
    if len(os.fsencode(socket)) + _ROOM_FOR_RANDOM > _LONGEST_SOCKET_PATH:
        return False
    if not (parent.is_absolute() and parent.is_dir() and os.access(parent, os.W_OK)):
        return False
    return account is None or reachable(parent.resolve(), account)


def _make(path: Path, account: Account | None) -> None:
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    # Root's own after being made, now or before a kill in between; never a link's target.
    if account is not None and path.lstat().st_uid == 0 and not path.is_symlink():
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _ours(path: Path, account: Account | None) -> bool:
    state = path.lstat()
    owner = os.geteuid() if account is None else account.uid
    private = stat.S_IMODE(state.st_mode) == 0o700
    return stat.S_ISDIR(state.st_mode) and state.st_uid == owner and private


def _make_random(path: Path, account: Account | None) -> Path:
    import tempfile  # slow to import and hardly ever needed

    made = Path(tempfile.mkdtemp(prefix=f"{path.name}-", dir=path.parent))
    _make(made, account)
    return made
