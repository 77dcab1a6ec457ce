"""Whether organisations refer to organisations that exist, and to none in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from registry.directory.organisation import Directory, Organisation


class DirectoryError(ValueError):
    """The directory would not hold together; str() has one line for each reason."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


def check(directory: Directory, organisations: Iterable[Organisation]) -> None:
    """Takes the directory as it will be and the organisations being loaded into it. DirectoryError:
    a parent or successor that nobody knows, or a circle of them."""
    reasons = [reason for one in organisations for reason in _reasons(directory, one)]
    if reasons:
        raise DirectoryError(reasons)


def _reasons(directory: Directory, one: Organisation) -> list[str]:
    reasons: list[str] = []
    for column, code, step in (
        ("parent", one.parent, _parent),
        ("succeeded_by", one.succeeded_by, _successor),
    ):
        if code is not None and code not in directory:
            reasons.append(
                f"{one.ods}: {column}: {code} is neither in the file nor in the database"
            )
        elif _returns(directory, one, step):
            reasons.append(f"{one.ods}: {column}: leads back to {one.ods}")
    return reasons


def _parent(one: Organisation) -> str | None:
    return one.parent


def _successor(one: Organisation) -> str | None:
    return one.succeeded_by


def _returns(
    directory: Directory, start: Organisation, step: Callable[[Organisation], str | None]
) -> bool:
    seen: set[str] = set()
    code = step(start)
    while code is not None and code in directory and code not in seen:
        if code == start.ods:
            return True
        seen.add(code)
        code = step(directory[code])
    return False
