"""What stands in the adapter's inbox: `lfd quarantine` and `redeliver`."""

from __future__ import annotations

from pathlib import Path

from lfd.arguments_of import options
from lfd.arguments_of.declaring import Commands, add_command, add_group
from lfd.arguments_of.values import instant


def quarantine(commands: Commands) -> None:
    """Adds `lfd quarantine` and its commands."""
    actions = add_group(commands, "quarantine", "Messages the adapter keeps but could not process.")
    listing = add_command(
        actions,
        "list",
        "quarantine",
        "what waits for a person, and why",
        "Lists the messages in quarantine, oldest first, without their content.",
        "  lfd quarantine list",
    )
    show = add_command(
        actions,
        "show",
        "quarantine",
        "one message with its content",
        "Shows one message: why it is here, and its content. That is personal data.",
        "  lfd quarantine show 12\n  lfd quarantine show 12 --raw > message.hl7",
    )
    show.add_argument("id", metavar="ID", type=int)
    show.add_argument("--raw", action="store_true", help="only the bytes, as received")
    release = add_command(
        actions,
        "release",
        "quarantine",
        "another try",
        "Lets messages be processed again, after what stood in their way was mended.",
        "  lfd quarantine release 12 13\n"
        "  lfd quarantine release --all\n"
        "  lfd quarantine release 12 --corrected mended.hl7",
    )
    release.add_argument("ids", metavar="ID", type=int, nargs="*")
    release.add_argument("--all", action="store_true", help="every message in quarantine")
    release.add_argument(
        "--corrected", metavar="FILE", type=Path, help="the mended message, for one ID"
    )
    for name, action in (("list", listing), ("show", show), ("release", release)):
        action.set_defaults(action=name)
        options.where(action)


def redeliver(commands: Commands) -> None:
    """Adds `lfd redeliver`."""
    redeliver = add_command(
        commands,
        "redeliver",
        "redeliver",
        "after the registry was restored: deliver again",
        "Has the adapter convert and deliver once more what it delivered from an instant on: the\n"
        "registry was restored to that point in time. What it still has does not change, so name\n"
        "an earlier time rather than a later one.",
        "  lfd redeliver --since 2026-01-31T14:00 --database postgresql://lfd@db/adapter",
    )
    redeliver.add_argument(
        "--since",
        metavar="TIME",
        type=instant,
        required=True,
        help="like 2026-01-31T14:00, London's clocks, or with an offset or Z",
    )
    options.where(redeliver)
