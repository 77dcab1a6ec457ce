"""Settings of a command from the environment and from one TOML file, beside its options.

An option goes before the environment, the environment before the file, the file before the default.
Names are those of the options: `--public-url` is LFD_PUBLIC_URL, and public-url in the table
[registry] of the file. A name with _FILE, or -file, names a file that holds the value: for secrets.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from lfd.failure import Failure

PREFIX = "LFD_"
CONFIG = "config"
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
# A typing mistake resembles what was meant; other variables with the prefix are not ours to judge.
_RESEMBLES = 0.85


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of a command as a setting. `is_flag`: it is on or off; `is_list`: it takes any
    number of values."""

    dest: str
    option: str
    action: argparse.Action
    is_flag: bool
    is_list: bool

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.dest.upper()

    @property
    def key(self) -> str:
        """Its name in the file."""
        return self.option.removeprefix("--")


@dataclass(frozen=True, slots=True)
class _Said:
    """A value as it was written, and where, for people."""

    value: str | bool | Sequence[str]
    where: str


_HELP = {"-h", "--help"}


def read(
    top: argparse.ArgumentParser, arguments: Sequence[str], environment: Mapping[str, str]
) -> argparse.Namespace:
    """Takes the parser of the whole command, the words after `lfd` and the environment; returns
    what was chosen, settings of environment and file among it where the command takes --config.

    Failure: a setting or the file cannot be used; says where it stands and what to do. SystemExit,
    as argparse does: the words are wrong, or something required is nowhere."""
    name, leaf = command_of(top, arguments)
    own = settings(leaf) if leaf is not None else {}
    # Help tells the defaults, which are away while it is found out what options alone say.
    if leaf is None or CONFIG not in own or not _HELP.isdisjoint(arguments):
        return top.parse_args(arguments)
    given = _given(leaf, top, arguments)
    said = _from_environment(own, environment, _all_settings(top))
    path = getattr(given, CONFIG, None) or _path(said.pop(CONFIG, None))
    if path is not None:
        said = _from_file(path, name, own, top) | said
    for dest, one in said.items():
        # What an option says is not even looked at elsewhere.
        if not hasattr(given, dest):
            setting = own[dest]
            setting.action.default = _value(setting, one)
            setting.action.required = False
    return top.parse_args(arguments)


def settings(leaf: argparse.ArgumentParser) -> dict[str, Setting]:
    """Takes the parser of one command; returns its settings by destination, in order."""
    return {
        action.dest: Setting(
            action.dest,
            action.option_strings[-1],
            action,
            action.nargs == 0,
            action.nargs == "+",
        )
        for action in _actions(leaf)
        if action.option_strings and action.dest not in ("help", argparse.SUPPRESS)
    }


def command_of(
    top: argparse.ArgumentParser, arguments: Sequence[str]
) -> tuple[str, argparse.ArgumentParser | None]:
    """Takes the parser of the whole command and the words after `lfd`; returns the name and the
    parser of the command that these begin with, '' and None where there is none."""
    found = _commands(top).get(arguments[0]) if arguments else None
    return (arguments[0], found) if found is not None else ("", None)


def commands_with_settings(top: argparse.ArgumentParser) -> dict[str, dict[str, Setting]]:
    """Takes the parser of the whole command; returns the settings of each command that has some."""
    found = {name: settings(leaf) for name, leaf in _commands(top).items()}
    return {name: own for name, own in found.items() if CONFIG in own}


def _commands(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in _actions(top):
        if isinstance(action.choices, dict):
            return cast("dict[str, argparse.ArgumentParser]", action.choices)
    return {}


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    # argparse has no public way to ask a parser what it takes.
    return cast("list[argparse.Action]", cast(Any, parser)._actions)


def _given(
    leaf: argparse.ArgumentParser, top: argparse.ArgumentParser, arguments: Sequence[str]
) -> argparse.Namespace:
    """What options alone say: no defaults, nothing required."""
    kept = [(action, action.default, action.required) for action in _actions(leaf)]
    for action, _, _ in kept:
        action.default, action.required = argparse.SUPPRESS, False
    try:
        return top.parse_args(arguments)
    finally:
        for action, default, required in kept:
            action.default, action.required = default, required


def _all_settings(top: argparse.ArgumentParser) -> set[str]:
    return {one.variable for own in commands_with_settings(top).values() for one in own.values()}


def _from_environment(
    own: Mapping[str, Setting], environment: Mapping[str, str], everywhere: set[str]
) -> dict[str, _Said]:
    known = everywhere | {f"{name}_FILE" for name in everywhere}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known:
            continue
        if meant := get_close_matches(name, sorted(everywhere), 1, _RESEMBLES):
            raise Failure(f"the variable {name} is no setting; is {meant[0]} meant?")
    said: dict[str, _Said] = {}
    for dest, one in own.items():
        plain, file = environment.get(one.variable), environment.get(f"{one.variable}_FILE")
        if plain is not None and file is not None:
            raise Failure(f"{one.variable} and {one.variable}_FILE are both set: keep one of them")
        if plain is not None:
            said[dest] = _Said(plain, one.variable)
        elif file is not None:
            where = f"{one.variable}_FILE"
            said[dest] = _Said(_content(Path(file), where), f"the file that {where} names")
    return said


def _from_file(
    path: Path, command: str, own: Mapping[str, Setting], top: argparse.ArgumentParser
) -> dict[str, _Said]:
    tables = _tables(path)
    commands = sorted(commands_with_settings(top))
    for name in tables:
        if name not in commands:
            raise Failure(
                f"{path}: [{name}] is not a table of it; there are "
                f"{', '.join(f'[{one}]' for one in commands)}"
            )
    keys = {one.key: one for one in own.values() if one.dest != CONFIG}
    said: dict[str, _Said] = {}
    for key, value in tables.get(command, {}).items():
        where = f"{path}, [{command}] {key}"
        named = key.removesuffix("-file")
        if key in keys:
            dest, found = keys[key].dest, _written(value, where)
        elif named != key and named in keys:
            dest, found = keys[named].dest, _content(_named(value, where), where)
        else:
            near = get_close_matches(key, keys, 1)
            hint = f"; is {near[0]} meant?" if near else f"; `lfd {command} --help` lists them"
            raise Failure(f"{where}: there is no such setting{hint}")
        if dest in said:
            raise Failure(f"{where}: it is set twice, as {named} and as {named}-file: keep one")
        said[dest] = _Said(found, where)
    return said


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"--config {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path} is not TOML: {error}") from error
    for name, table in read.items():
        if not isinstance(table, dict):
            raise Failure(f"{path}: {name} stands in no table: put it below [registry] or another")
    return read


def _written(value: Any, where: str) -> str | bool | Sequence[str]:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in cast(list[Any], value)):
        return cast("list[str]", value)
    raise Failure(f"{where}: a text, a number, true, false or a list of texts is needed")


def _named(value: Any, where: str) -> Path:
    if not isinstance(value, str):
        raise Failure(f"{where}: the path of a file is needed")
    return Path(value)


def _content(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise Failure(f"{where}: {path} cannot be read: {reason}") from error


def _path(said: _Said | None) -> Path | None:
    return None if said is None else Path(str(said.value))


def _value(setting: Setting, said: _Said) -> Any:
    """The value as the option would have it."""
    if setting.is_flag:
        return _flag(said)
    if isinstance(said.value, bool):
        raise Failure(f"{said.where}: a value is needed, not true or false")
    if setting.is_list:
        words = said.value.replace(",", " ").split() if isinstance(said.value, str) else said.value
        return [_converted(setting, word, said.where) for word in words]
    if not isinstance(said.value, str):
        raise Failure(f"{said.where}: one value is needed, not a list")
    return _converted(setting, said.value, said.where)


def _flag(said: _Said) -> bool:
    word = str(said.value).lower()
    if word not in _YES | _NO:
        raise Failure(f"{said.where}: true or false is needed")
    return word in _YES


def _converted(setting: Setting, text: str, where: str) -> Any:
    action = setting.action
    convert = cast(Any, action.type) or str
    try:
        value = convert(text)
    except argparse.ArgumentTypeError as error:
        raise Failure(f"{where}: {error}") from error
    except (TypeError, ValueError) as error:
        raise Failure(f"{where}: it is not what {setting.option} takes") from error
    if action.choices is not None and value not in action.choices:
        raise Failure(f"{where}: one of {', '.join(map(str, action.choices))} is needed")
    return value
