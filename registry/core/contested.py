"""What exactly a data-quality question is about: an answer counts for those facts, and when they
differ the question is asked anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from registry.core.statement import NationalStatus, Statement, Verdict

Says = Callable[[Statement], bool | None]
"""Takes a statement; True where it says the thing in question, False where it says otherwise, None
where it does not touch on it."""


def fingerprint(subject: str, facts: Iterable[str]) -> str:
    """Takes the code of a question and the facts it is about, in any order; returns a short text
    that is the same for the same facts."""
    text = "\n".join((subject, *sorted(set(facts))))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def contradicts_itself(statement: Statement) -> bool | None:
    """Does the message say both that the person died and that they did not?"""
    if statement.death is None:
        return None
    return statement.death.verdict is Verdict.CONFLICTING


def removes_the_death(statement: Statement) -> bool | None:
    """Does the message remove the national record of the death?"""
    if statement.death is None:
        return None
    return statement.death.status is NationalStatus.REMOVED


def raises(issue: str) -> Says:
    """Takes the code of an issue; returns whether a message has it."""
    return lambda statement: issue in statement.issues


def since(statements: Iterable[Statement], says: Says) -> str:
    """Takes one source's statements, oldest first, and what is asked of each; returns since when
    they say so without one that says otherwise, "" where the newest does or none says so.

    A message that only repeats it changes nothing; one that takes it back and another that says it
    again make a new beginning.
    """
    begun: Statement | None = None
    for statement in statements:
        said = says(statement)
        if said is False:
            begun = None
        elif said and begun is None:
            begun = statement
    if begun is None:
        return ""
    return begun.recorded.isoformat() if begun.recorded else begun.control_id
