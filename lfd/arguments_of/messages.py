"""Commands on files of messages: `lfd convert`, `check`, `send`, `load` and `site guess`."""

from __future__ import annotations

from pathlib import Path

from lfd.arguments_of import options
from lfd.arguments_of.declaring import Commands, add_command, add_group
from lfd.arguments_of.values import count
from lfd.endpoint import endpoint


def convert(commands: Commands) -> None:
    """Adds `lfd convert`."""
    convert = add_command(
        commands,
        "convert",
        "convert",
        "HL7 v2 messages to FHIR Bundles, as NDJSON on standard output",
        "Converts each HL7 v2 message to a FHIR R4 message Bundle, one JSON line each. A message\n"
        "that cannot be converted gets an OperationOutcome line in its place. A file may hold one\n"
        "message or many, with CR, LF or CRLF, with or without MLLP framing or batch envelopes.\n"
        "Big files are converted on all cores, in order, in little memory.\n"
        "Exit code 0 if all were converted, else 2.",
        "  lfd convert admission.hl7\n"
        "  lfd convert --pretty --minimise admission.hl7\n"
        "  cat archive/*.hl7 | lfd convert - > bundles.ndjson\n"
        "  lfd convert archive.hl7 --output bundles.ndjson --resume archive.progress",
    )
    convert.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for standard input")
    convert.add_argument("--pretty", action="store_true", help="indented JSON, for reading")
    convert.add_argument(
        "--minimise",
        action="store_true",
        help="what leaves the trust: the least the registry needs",
    )
    convert.add_argument(
        "--summary",
        action="store_true",
        help="instead of Bundles, count the messages by outcome and event",
    )
    convert.add_argument(
        "--unmapped",
        action="store_true",
        help="instead of Bundles, list the fields with a value that no mapping reads",
    )
    convert.add_argument(
        "--output", metavar="FILE", type=Path, help="write there instead of to standard output"
    )
    convert.add_argument(
        "--resume",
        metavar="FILE",
        type=Path,
        help="keep in FILE how far it is, and go on from there; needs --output",
    )
    convert.add_argument(
        "--processes", metavar="N", type=count, help="processes to use; default: one per core"
    )
    options.site_file(convert)


def check(commands: Commands) -> None:
    """Adds `lfd check`."""
    check = add_command(
        commands,
        "check",
        "check",
        "HL7 v2 messages against the standard, problem by problem",
        "Holds each message against the HL7 v2 version it names and the structure of its event:\n"
        "segments, their order and number, required fields, lengths, data types and HL7's own\n"
        "tables. One line for each problem, with its place and rule and no value of the message.\n"
        "Messages with problems may convert all the same. Exit code 0 if there is none, else 2.",
        "  lfd check admission.hl7\n"
        "  lfd check --json archive/*.hl7 > problems.ndjson\n"
        "  lfd check archive/*.hl7 | cut -d: -f2- | sort | uniq -c | sort -rn",
    )
    check.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for standard input")
    check.add_argument("--json", action="store_true", help="one JSON line for each message")


def send(commands: Commands) -> None:
    """Adds `lfd send`."""
    send = add_command(
        commands,
        "send",
        "send",
        "HL7 v2 messages by MLLP",
        "Sends each message by MLLP and prints its acknowledgement. Exit code 1 if any was not\n"
        "AA or CA.",
        "  lfd send admission.hl7 discharge.hl7 --to 127.0.0.1:2575",
    )
    send.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for standard input")
    send.add_argument(
        "--to", metavar="HOST:PORT", type=endpoint, required=True, help="who listens for MLLP"
    )
    send.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=30.0,
        help="how long to wait for each answer; default: %(default)s",
    )


def load(commands: Commands) -> None:
    """Adds `lfd load`."""
    load = add_command(
        commands,
        "load",
        "load",
        "years of archived messages, and CSVs of discharges and deaths",
        "Puts history into an adapter's database as if it had come live; the adapter delivers it.\n"
        "A folder is searched at every depth. A file holds one message or many, in any framing,\n"
        "or is a CSV of discharges and deaths; .gz and .zip are unpacked. The same command goes\n"
        "on where it was stopped, even by kill -9. What is wrong is counted and ends no load.\n"
        "Exit code 0 if nothing was, else 2.",
        "  lfd load --check archive/\n"
        "  lfd load archive/ --problems problems.ndjson\n"
        "  lfd load archive/ --database postgresql://lfd@db/adapter --site zt1.yaml --rate 100\n"
        "  lfd load discharges.csv --organisation ZT1 --wait",
    )
    load.add_argument("paths", metavar="PATH", nargs="+", help="a file or a folder")
    load.add_argument(
        "--check", action="store_true", help="only say what is wrong; nothing is loaded"
    )
    load.add_argument(
        "--problems", metavar="FILE", type=Path, help="write every problem there, as NDJSON"
    )
    load.add_argument(
        "--rate", metavar="N", type=count, help="messages a second at most; default: no limit"
    )
    load.add_argument(
        "--ahead",
        metavar="N",
        type=count,
        default=500,
        help="load no more while so many messages wait for delivery; default: %(default)s",
    )
    load.add_argument(
        "--wait", action="store_true", help="end only when all that is loaded is delivered"
    )
    load.add_argument(
        "--from-start",
        action="store_true",
        help="read files anew that were read; what is in the inbox stays as it is",
    )
    load.add_argument(
        "--processes", metavar="N", type=count, help="processes to use; default: one per core"
    )
    options.where(load)
    options.sender(load)
    options.site_file(load)


def site(commands: Commands) -> None:
    """Adds `lfd site guess`."""
    actions = add_group(commands, "site", "Site files: how a sender departs from the defaults.")
    guess = add_command(
        actions,
        "guess",
        "site_guess",
        "a site file drafted from a sample of a new sender's messages",
        "Reads a sample of one sender's ADT messages and prints a draft of its site file (YAML),\n"
        "with counts as evidence. What is in doubt is commented out, with the question for a\n"
        "person. It shows codes and counts, no values about anybody; look it through all the same.",
        "  lfd site guess archive/*.hl7 > new-sender.yaml\n"
        "  lfd convert --summary --site new-sender.yaml archive/*.hl7",
    )
    guess.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for standard input")
