"""The command line: every subcommand, in the order in which help lists them.

What each one takes is in lfd/arguments_of, a file a family. None of it imports anything heavy, so
that `lfd --help` answers at once; each command names the module that runs it.
"""

from __future__ import annotations

import argparse

from lfd.arguments_of import (
    access,
    directory,
    doctor,
    inbox,
    messages,
    nation,
    record,
    servers,
    simulation,
)

_COMMANDS = (
    *(servers.up, servers.registry, servers.adapter, servers.feeds, servers.demo),
    *(messages.convert, messages.check, messages.send, messages.load, messages.site),
    simulation.simulate,
    *(directory.organisation, directory.policy),
    *(access.client, access.keys, access.token),
    *(record.explain, record.held, record.returned, record.forget, record.audit),
    *(inbox.quarantine, inbox.redeliver),
    nation.national,
    doctor.doctor,
)


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the whole command."""
    top = argparse.ArgumentParser(
        prog="lfd",
        description="Learning from Deaths exchange: HL7 v2 in, reviews with one lead out.",
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    return top
