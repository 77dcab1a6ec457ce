"""Reads the sender file: who may send, how each is recognised, and for which organisations."""

from __future__ import annotations

import re
from pathlib import Path

from adapter.certificate import CN, KINDS, SHA256, Name
from adapter.senders import Sender, Senders
from yaml_source import Source, open_source

_KEYS = ("name", "organisations", "certificates", "tokens")
_CERTIFICATE_KINDS = (*KINDS, CN, SHA256)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ODS = re.compile(r"[A-Z0-9]{3,10}")
_NAME = re.compile(r"[\w .,()/-]{1,80}", re.ASCII)


def read(path: Path) -> Senders:
    """Takes the path of a sender file (YAML); returns its entries.

    Raises SourceError, which names the line and what was expected there, where it cannot be used.
    """
    rows = open_source(path).need("senders").rows()
    taken: set[object] = set()
    return Senders(tuple(_sender(row, taken) for row in rows))


def _sender(row: Source, taken: set[object]) -> Sender:
    given = row.only(*_KEYS)
    name = _name(row.need("name"), taken)
    organisations = frozenset(map(_organisation, row.need("organisations").rows()))
    if not organisations:
        raise row.need("organisations").error("expected at least one ODS code, such as [RXA]")
    certificates = given["certificates"].rows() if "certificates" in given else []
    tokens = given["tokens"].rows() if "tokens" in given else []
    if not certificates and not tokens:
        raise row.error("expected 'certificates' or 'tokens', by which this sender is recognised")
    return Sender(
        name,
        organisations,
        frozenset(_certificate(one, taken) for one in certificates),
        frozenset(_token(one, taken) for one in tokens),
    )


def _name(source: Source, taken: set[object]) -> str:
    # It stands in logs and in metrics, so nothing in it may be mistaken for something else.
    if not _NAME.fullmatch(source.text()):
        raise source.error("expected a name of at most 80 letters, digits, spaces and . , ( ) / -")
    _once(source, source.text(), taken)
    return source.text()


def _organisation(source: Source) -> str:
    code = source.text().upper()
    if not _ODS.fullmatch(code):
        raise source.error("expected an ODS code, such as RXA")
    return code


def _certificate(source: Source, taken: set[object]) -> Name:
    entries = source.only(*_CERTIFICATE_KINDS)
    if len(entries) != 1:
        raise source.error(f"expected one of {', '.join(_CERTIFICATE_KINDS)}")
    ((kind, value),) = entries.items()
    name = Name.of(kind, value.text())
    if kind == SHA256 and not _DIGEST.fullmatch(name.value):
        raise value.error("expected the SHA-256 of a certificate: 64 hexadecimal digits")
    if not name.value:
        raise value.error("expected a text")
    _once(value, name, taken)
    return name


def _token(source: Source, taken: set[object]) -> bytes:
    """The digest; what was written is never part of an error, it may be the token itself."""
    value = source.only(SHA256)
    if SHA256 not in value:
        raise source.error("expected 'sha256: ...', the SHA-256 of the token")
    digest = value[SHA256].text().lower()
    if not _DIGEST.fullmatch(digest):
        raise value[SHA256].error("expected the SHA-256 of a token: 64 hexadecimal digits")
    _once(value[SHA256], digest, taken)
    return bytes.fromhex(digest)


def _once(source: Source, value: object, taken: set[object]) -> None:
    if value in taken:
        raise source.error("this is in the file already; it must be of one sender only")
    taken.add(value)
