"""The table of all settings that docs/settings.md has: `python -m lfd.settings_table` prints it."""

from __future__ import annotations

import argparse

from lfd.arguments import parser
from lfd.settings_file import Setting, commands_with_settings

HEAD = "| key, `--option` | variable | of | default |\n| --- | --- | --- | --- |"


def table(top: argparse.ArgumentParser) -> str:
    """Takes the parser of the whole command; returns the table as Markdown: each setting once, with
    the commands that take it."""
    of: dict[str, list[str]] = {}
    named: dict[str, Setting] = {}
    for command, own in commands_with_settings(top).items():
        for one in own.values():
            of.setdefault(one.key, []).append(command)
            named.setdefault(one.key, one)
    rows = [
        f"| `{key}` | `{one.variable}` | {', '.join(of[key])} | {_default(one)} |"
        for key, one in named.items()
    ]
    return "\n".join([HEAD, *rows])


def _default(one: Setting) -> str:
    if one.is_flag:
        return "false"
    if one.action.required:
        return "required"
    default = one.action.default
    return "" if default is None or default == [] else f"`{default}`"


if __name__ == "__main__":
    print(table(parser()))
