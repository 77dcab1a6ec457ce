"""`lfd convert --unmapped`: the fields with a value that no mapping reads, message by message."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import orjson

from adapter.conversion import Converter, Refusal
from lfd.batches import batches


def report(files: Sequence[str], converter: Converter) -> None:
    """Takes files; writes a line of JSON for each message, and the count of each field at the end.

    A message that is not converted has a reason instead, because nothing of it is kept here.
    """
    counts: Counter[str] = Counter()
    for batch in batches(files):
        for file, number, raw in batch:
            unmapped, reason = _look(converter, raw)
            counts.update(unmapped)
            line = {"file": file, "message": number, "unmapped": unmapped}
            _write(line | ({"not_converted": reason} if reason else {}))
    for field, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"{count:8d}  {field}", file=sys.stderr)


def _look(converter: Converter, raw: bytes) -> tuple[list[str], str]:
    try:
        conversion = converter.convert(raw)
    except Refusal as refusal:
        return [], f"{refusal.location}: {refusal.text}"
    if not conversion.relevant:
        return [], conversion.reason
    return converter.unmapped(conversion.message), ""


def _write(line: Mapping[str, object]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
