"""PID-30: which values there are, how often with a date of death beside them, and which are new."""

from __future__ import annotations

from adapter.er7 import NULL, Message
from adapter.site_guess.section import comments, question
from adapter.site_guess.tally import Tally, quoted
from mappings import CodeMap


class DeathIndicator:
    """Counts the values of PID-30 with and without PID-29."""

    def __init__(self, yes_no: CodeMap) -> None:
        public = {*yes_no.targets, NULL}
        self._yes_no = yes_no
        self._dated, self._undated = Tally(public), Tally(public)
        self._dates_alone = 0

    def observe(self, message: Message, person: str) -> None:
        """Takes a message, and a key of whom it is about."""
        for pid in message.all("PID"):
            written, has_date = pid.text(30).upper(), pid.text(29) not in {"", NULL}
            if written:
                (self._dated if has_date else self._undated).add(written, person)
            else:
                self._dates_alone += has_date

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        lines = comments("PID-30 (death indicator) beside a date in PID-29:", *self._dated.lines())
        lines += comments("without one:", *self._undated.lines())
        lines += comments(f"a date alone: {self._dates_alone}")
        values = {value for tally in (self._dated, self._undated) for value, _ in tally.shown()}
        fresh = sorted(v for v in values if v != NULL and self._yes_no.find(v) is None)
        if fresh:
            meanings = ", ".join(f"{quoted(value)}: silent" for value in fresh)
            text = "What does each mean: yes (died), no (alive), or silent?"
            lines += question(text, f"death-indicator: {{{meanings}}}")
        return lines
