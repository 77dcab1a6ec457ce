"""A sender's own codes, laid over the code maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mappings.codes import CodeMap, Target, load_code_map
from mappings.maps import FOLDER
from yaml_source import Source

_CODES = FOLDER / "codes"
DEATH_INDICATOR = "yes-no"
_MEANINGS = ("yes", "no", "silent")

SiteCodes = Mapping[str, Mapping[str, Target]]
"""By code map, then by the sender's code in capitals: what it stands for."""


def read_site_codes(source: Source) -> dict[str, dict[str, Target]]:
    """Takes a table of code maps, each a table `sender's code: national code`; SourceError for a
    map or a national code that there is not."""
    known = [path.stem for path in sorted(_CODES.glob("*.json"))]
    found: dict[str, dict[str, Target]] = {}
    for name, codes in source.table().items():
        if name not in known or name == DEATH_INDICATOR:
            raise codes.error(f"'{name}' is no code map; expected one of {', '.join(known)}")
        base = load_code_map(_CODES / f"{name}.json")
        found[name] = _upper(codes, {code: _target(base, to) for code, to in codes.table().items()})
    return found


def read_death_indicator(source: Source) -> dict[str, Target]:
    """Takes a table `value of PID-30: yes, no or silent`; returns it as codes of `yes-no`."""
    meanings: dict[str, Target] = {}
    for value, meaning in source.table().items():
        if meaning.text() not in _MEANINGS:
            raise meaning.error(f"'{value}': expected one of {', '.join(_MEANINGS)}")
        meanings[value] = Target("", meaning.text(), "", "", is_exact=True)
    return _upper(source, meanings)


def overlaid(codes: Mapping[str, CodeMap], own: SiteCodes) -> dict[str, CodeMap]:
    """Takes all code maps and a sender's codes; returns the maps with them laid over."""
    return {
        name: replace(base, targets={**base.targets, **own[name]}) if own.get(name) else base
        for name, base in codes.items()
    }


def _target(base: CodeMap, source: Source) -> Target:
    written = source.text()
    targets = [*base.targets.values(), *([base.fixed] if base.fixed else [])]
    same = (target for target in targets if target.code.upper() == written.upper())
    found = next(same, None) or base.find(written)
    if found is None:
        raise source.error(f"'{written}' is no code that the code map '{base.name}' leads to")
    return found


def _upper(source: Source, codes: dict[str, Target]) -> dict[str, Target]:
    """The codes in capitals, as code maps find them; SourceError where two become one."""
    upper = {code.strip().upper(): target for code, target in codes.items()}
    if len(upper) != len(codes):
        raise source.error("a code stands here twice: capitals and small letters are the same")
    return upper
