"""The separator characters of a message, as its MSH segment declares them."""

from __future__ import annotations

from dataclasses import dataclass


class NotHl7(ValueError):
    """The bytes are no HL7 v2 message; `reason` is one line and holds none of their content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2; a separator that MSH-2 leaves out is '' and separates nothing."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding_characters(self) -> str:
        """MSH-2 as it is written."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation

    @classmethod
    def of_header(cls, line: str) -> Delimiters:
        """Takes the text of an MSH segment; returns its delimiters (HL7 v2.9 section 2.5.4).

        Raises NotHl7 where MSH-1 and MSH-2 cannot be delimiters.
        """
        if line.startswith(_CUSTOMARY):
            return CUSTOMARY
        field = line[3:4]
        if not _can_separate(field):
            raise NotHl7("MSH-1 is not a field separator")
        # Some senders escape the escape character here, as if MSH-2 were text.
        encoding = line[4:].split(field, 1)[0].strip().replace("\\\\", "\\")
        if not encoding:
            raise NotHl7("MSH-2 names no encoding characters")
        declared = field + encoding[:5]
        if len(set(declared)) < len(declared) or not all(map(_can_separate, declared)):
            raise NotHl7("MSH-2 is not a list of different encoding characters")
        component, repetition, escape, subcomponent, truncation = encoding[:5].ljust(5, "\0")
        return cls(
            field,
            component,
            repetition.strip("\0"),
            escape.strip("\0"),
            subcomponent.strip("\0"),
            truncation.strip("\0"),
        )


CUSTOMARY = Delimiters()
"""What nearly every message declares."""

_CUSTOMARY = "MSH|^~\\&|"


def _can_separate(character: str) -> bool:
    return (
        character.isascii()
        and character.isprintable()
        and not character.isalnum()
        and (character not in {"", " ", '"'})
    )
