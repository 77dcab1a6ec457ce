"""PID-3 and PID-2: which authorities and types give NHS numbers, by their check digits, and which
local authority is on every message."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from adapter.er7 import NULL, Composite, Message
from adapter.site_guess.section import comments, is_clear, question
from adapter.site_guess.tally import Tally, quoted
from mappings import Site
from nhs import nhs_number

_TEN_DIGITS = re.compile(r"\d{10}")
_SILENT = "(none)"


@dataclass
class _Kind:
    """The identifiers of one authority and type, and the people that have one."""

    count: int = 0
    valid: set[str] = field(default_factory=set[str])
    distinct: set[str] = field(default_factory=set[str])
    people: set[str] = field(default_factory=set[str])

    def add(self, value: str, person: str) -> None:
        self.count += 1
        self.distinct.add(value)
        self.people.add(person)
        if nhs_number.is_valid(value):
            self.valid.add(value)

    @property
    def is_nhs_number(self) -> bool:
        return is_clear(len(self.valid), len(self.distinct))


class NhsNumbers:
    """Counts identifiers by authority and type, with how many pass the check of NHS numbers."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known = site.nhs_number_authorities | site.nhs_number_types | {_SILENT}
        self._authorities, self._types = Tally(self._known), Tally(self._known)
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._pid_2 = _Kind()
        self._pid_2_ten_digits = 0
        self._people: set[str] = set()

    def observe(self, message: Message, person: str) -> None:
        """Takes a message, and a key of whom it is about."""
        pid = message.first("PID")
        if pid is None:
            return
        self._people.add(person)
        for cx in pid.composites(3):
            self._take(cx, person)
        for cx in pid.composites(2)[:1]:
            value = nhs_number.normalise(cx.text(1))
            if value not in {"", NULL} and not cx.text(4):
                self._pid_2.add(value, person)
                self._pid_2_ten_digits += _TEN_DIGITS.fullmatch(value) is not None

    def _take(self, cx: Composite, person: str) -> None:
        value = nhs_number.normalise(cx.text(1))
        if value in {"", NULL}:
            return
        authority = (cx.text(4) or cx.text(4, 2)).upper() or _SILENT
        kind = cx.text(5).upper().partition("{")[0] or _SILENT
        self._authorities.add(authority, person)
        self._types.add(kind, person)
        self._kinds.setdefault((authority, kind), _Kind()).add(value, person)

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        return [*self._numbers(), *self._in_pid_2(), *self._identity()]

    def _shown(self) -> list[tuple[str, str, _Kind]]:
        authorities = {value for value, _ in self._authorities.shown()}
        types = {value for value, _ in self._types.shown()}
        return [
            (*name, kind)
            for name, kind in sorted(self._kinds.items(), key=lambda item: -item[1].count)
            if name[0] in authorities and name[1] in types
        ]

    def _numbers(self) -> list[str]:
        lines = comments("PID-3 by authority and type; how many pass the check of NHS numbers:")
        for authority, kind, of in self._shown():
            passed = f"{of.count}, {len(of.valid)} of {len(of.distinct)} different ones pass"
            lines += comments(f"  {quoted(authority)} {quoted(kind)}: {passed}")
        if hidden := len(self._kinds) - len(self._shown()):
            lines += comments(f"  {hidden} more, not shown: they may name someone")
        fresh = [(a, k, of) for a, k, of in self._shown() if not self._is_known(a, k)]
        clear = {a for a, _, of in fresh if of.is_nhs_number and a != _SILENT}
        if clear:
            lines.append(self._authorities_with(clear))
        doubtful = {a for a, _, of in fresh if of.valid and a not in {*clear, _SILENT}}
        if doubtful:
            named = ", ".join(map(quoted, sorted(doubtful)))
            text = f"Are identifiers of {named} NHS numbers? Some pass the check."
            lines += question(text, self._authorities_with({*clear, *doubtful}))
        return lines

    def _authorities_with(self, more: set[str]) -> str:
        listed = sorted(self._site.nhs_number_authorities | more)
        return f"nhs-number-authorities: [{', '.join(map(quoted, listed))}]"

    def _is_known(self, authority: str, kind: str) -> bool:
        site = self._site
        return authority in site.nhs_number_authorities or kind in site.nhs_number_types

    def _in_pid_2(self) -> list[str]:
        of = self._pid_2
        if not of.count:
            return []
        passed = f"{self._pid_2_ten_digits} of ten digits, {len(of.valid)} different ones pass"
        lines = comments(f"PID-2 without an authority: {of.count}, {passed}")
        if of.is_nhs_number:
            return [*lines, "nhs-number-in-pid-2: always"]
        if not of.valid:
            return lines
        text = "Is PID-2 an NHS number (always), or a number of your own (never)?"
        return lines + question(text, "nhs-number-in-pid-2: never")

    def _identity(self) -> list[str]:
        everyone = len(self._people)
        local: dict[str, set[str]] = {}
        for authority, kind, of in self._shown():
            if authority != _SILENT and not self._is_known(authority, kind) and not of.valid:
                local.setdefault(authority, set()).update(of.people)
        if not local:
            return []
        order = sorted(local, key=lambda name: (-len(local[name]), name))
        lines = comments("Local identifiers, by the people that have one:")
        lines += comments(
            *(f"  {quoted(name)}: {len(local[name])} of {everyone}" for name in order)
        )
        item = f"patient-identity: [{', '.join(map(quoted, order))}]"
        if len(order) == 1 and is_clear(len(local[order[0]]), everyone):
            return [*lines, item]
        return lines + question("Which of them stays the same for a person? Best first.", item)
