"""MSH-4: who sends, and which of it needs an ODS code from a person."""

from __future__ import annotations

from adapter.conversion.sender import is_ods_code
from adapter.er7 import NULL, Message
from adapter.site_guess.section import comments, question
from adapter.site_guess.tally import Tally, quoted


class _OdsCodes:
    """What is short and of the look of an ODS code names no person."""

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and len(text) <= 5 and is_ods_code(text)


class Senders:
    """Counts what stands in MSH-4; a sending facility is no person."""

    def __init__(self) -> None:
        self._codes = Tally(_OdsCodes())
        self._names = Tally()
        self._empty = 0

    def observe(self, message: Message, person: str) -> None:
        """Takes a message, and a key of whom it is about."""
        written = [message.header.text(4, n).upper() for n in (1, 2)]
        given = [text for text in written if text not in {"", NULL}]
        code = next((text for text in given if is_ods_code(text)), "")
        if code:
            self._codes.add(code, person)
        elif given:
            self._names.add(given[0], person)
        else:
            self._empty += 1

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        lines = comments("The sender (MSH-4). Of the look of an ODS code:", *self._codes.lines())
        if self._names:
            names = ", ".join(f"{quoted(name)}: ODS" for name, _ in self._names.shown())
            lines += comments("Not of the look of one:", *self._names.lines())
            lines += question("Which ODS code is each name?", f"organisations: {{{names}}}")
        if len(self._codes.shown()) > 1:
            text = "Are some of these sites of one trust? Translate them to its code."
            lines += question(text, "organisations: {SITE: TRUST}")
        if self._empty:
            text = f"MSH-4 is empty in {self._empty} messages. Whose are they?"
            lines += question(text, "organisation: ODS")
        return lines
