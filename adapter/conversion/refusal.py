"""Why a message cannot be converted, in the terms of an HL7 acknowledgement."""

from __future__ import annotations


class Refusal(Exception):
    """A message that cannot be converted as it is.

    `code` is of HL7 table 0357 and `location` as in ERR-2, such as PID or MSH-9. `text` is one line
    without personal data. `kept` is True where the message belongs in quarantine for a person to
    mend (AE), False where it is not for this adapter at all (AR).
    """

    def __init__(self, code: str, location: str, text: str, *, kept: bool = True) -> None:
        super().__init__(text)
        self.code = code
        self.location = location
        self.text = text
        self.kept = kept
