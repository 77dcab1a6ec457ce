"""docs/who-sees-what.md, written from the table: `python -m registry.core.visibility_page`."""

from __future__ import annotations

from collections.abc import Iterator

from registry.core.visibility import REACH, VISIBLE

_HEAD = """\
# Who sees what

Written from `registry/core/visibility.py` by `python -m registry.core.visibility_page`; a test
compares. Two things are needed to see a resource: a role that sees its type, and an involvement
with the person that reaches it. Whatever is not in these tables does not exist for the caller: it
is answered like an id that nobody ever made. `tests/registry/access_table` asks for every cell, in
every way there is to ask. The database enforces the rows once more:
[audit.md](audit.md#row-level-security).
"""
_ROLES = """
## By role

What the role of a client sees of a resource that its organisation's involvement reaches. *All*:
every element. Elements named: these and no other, and the resource says so (`SUBSETTED`). Empty:
nothing. Organizations are about nobody, and for every role that sees them. So are Subscriptions,
and each is for the client alone that made it.
"""
_INVOLVED = """
## By involvement

How far each involvement reaches; an organisation may have several, and the farthest counts. *Case*:
all of the person's resources, but those that name their readers. *Addressed*: only those that name
it as a reader. A concern names whoever raised it, whoever leads or was asked to, contributors and
the board; a question names whoever is asked. An audit event has the readers of what was read, and
is seen by whoever acted.
"""


def page() -> str:
    """Returns the document."""
    return "\n".join([_HEAD.rstrip(), _ROLES, *_by_role(), _INVOLVED, *_by_involvement(), ""])


def _by_role() -> Iterator[str]:
    types = sorted({name for seen in VISIBLE.values() for name in seen})
    yield f"| type | {' | '.join(VISIBLE)} |"
    yield "| --- |" + " --- |" * len(VISIBLE)
    for resource_type in types:
        cells = [_cell(role, resource_type) for role in VISIBLE]
        yield f"| {resource_type} | {' | '.join(cells)} |"


def _cell(role: str, resource_type: str) -> str:
    if resource_type not in VISIBLE[role]:
        return ""
    elements = VISIBLE[role][resource_type]
    if elements is None:
        return "all"
    return ", ".join(sorted(elements - {"resourceType", "id", "meta"}))


def _by_involvement() -> Iterator[str]:
    yield "| involvement | reaches |"
    yield "| --- | --- |"
    for involvement, reach in REACH.items():
        yield f"| {involvement} | {reach} |"
    yield "| none | nothing |"


if __name__ == "__main__":
    print(page(), end="")
