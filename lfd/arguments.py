"""The command line: every subcommand with its options, help and examples.

Imports nothing heavy, so that `lfd --help` answers at once; `module` names where each one runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple, Protocol

ROLES = ("adapter", "provider", "gp", "icb", "national", "admin")
DEFAULT_DATA = Path("lfd-data")


class Endpoint(NamedTuple):
    """A host and a port to listen on or to connect to."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def endpoint(text: str) -> Endpoint:
    """Takes HOST:PORT; ArgumentTypeError where it is not."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, like 127.0.0.1:2575")
    return Endpoint(host.strip("[]"), int(port))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of one or more")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the whole command."""
    top = argparse.ArgumentParser(
        prog="lfd",
        description="Learning from Deaths exchange: HL7 v2 in, reviews with one lead out.",
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _up(commands)
    _registry(commands)
    _adapter(commands)
    _demo(commands)
    _convert(commands)
    _check(commands)
    _send(commands)
    _site_guess(commands)
    _organisation(commands)
    _client(commands)
    _token(commands)
    _explain(commands)
    _quarantine(commands)
    return top


class Commands(Protocol):
    """Where subcommands are added."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Adds one; returns its parser."""
        ...


def _command(
    commands: Commands, name: str, module: str, summary: str, about: str, examples: str
) -> argparse.ArgumentParser:
    made = commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(module=f"lfd.{module}")
    return made


def _up(commands: Commands) -> None:
    up = _command(
        commands,
        "up",
        "up",
        "registry, one adapter and PostgreSQL, in the foreground",
        "Starts a registry, one adapter and an embedded PostgreSQL, and runs until it is told\n"
        "to stop (Ctrl-C or SIGTERM). For a laptop and for tests: NHS numbers of the test range\n"
        "(999) identify people here. GET /readyz answers 200 when all of it is ready.",
        "  lfd up\n"
        "  lfd up --data /srv/lfd --http 127.0.0.1:8080 --mllp 127.0.0.1:2575\n"
        "  lfd up --organisation ZT1",
    )
    _data(up, "where the database and keys are kept")
    _http(up)
    _mllp(up)
    _sender(up)
    _site(up)


def _registry(commands: Commands) -> None:
    registry = _command(
        commands,
        "registry",
        "registry",
        "a registry alone, against a PostgreSQL that is there",
        "Starts a registry against a PostgreSQL database. Any number may share one database.",
        "  lfd registry --database postgresql://lfd@db/lfd --http 0.0.0.0:8080 \\\n"
        "      --public-url https://registry.example.nhs.uk",
    )
    _database(registry)
    _http(registry)
    registry.add_argument(
        "--public-url",
        metavar="URL",
        help="the address clients use, where it is not http://HOST:PORT (a proxy stands before)",
    )
    registry.add_argument(
        "--allow-test-numbers",
        action="store_true",
        help="let NHS numbers of the test range (999) identify people; never in production",
    )


def _adapter(commands: Commands) -> None:
    adapter = _command(
        commands,
        "adapter",
        "adapter",
        "an adapter alone, against a PostgreSQL and a registry that are there",
        "Starts an adapter: takes HL7 v2 by MLLP and HTTP, keeps it, converts it, delivers it.",
        "  lfd adapter --database postgresql://lfd@db/adapter --organisation ZT1 \\\n"
        "      --registry https://registry.example --client zt1-adapter --key zt1-adapter.pem",
    )
    _database(adapter)
    adapter.add_argument("--registry", metavar="URL", required=True, help="the registry's address")
    adapter.add_argument("--client", metavar="ID", required=True, help="client id at the registry")
    adapter.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="its private key (PEM)"
    )
    _http(adapter)
    _mllp(adapter)
    _sender(adapter)
    _site(adapter)


def _demo(commands: Commands) -> None:
    demo = _command(
        commands,
        "demo",
        "demo",
        "fictional trusts, a story of ADT messages, and what comes of it",
        "Starts a registry and one adapter for each fictional trust, pushes a story of ADT\n"
        "messages through MLLP, and shows the deaths found, the reviews and their proposed leads.",
        "  lfd demo\n  lfd demo --data /tmp/demo --once",
    )
    demo.add_argument(
        "--data", metavar="DIR", type=Path, default=Path(".demo"), help="default: %(default)s"
    )
    demo.add_argument(
        "--once", action="store_true", help="stop after the screen is shown, for scripts and tests"
    )
    demo.add_argument("--svg", metavar="FILE", type=Path, help="also save the screen as a picture")


def _convert(commands: Commands) -> None:
    convert = _command(
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
        "--processes", metavar="N", type=_count, help="processes to use; default: one per core"
    )
    _site(convert)


def _check(commands: Commands) -> None:
    check = _command(
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


def _send(commands: Commands) -> None:
    send = _command(
        commands,
        "send",
        "send",
        "HL7 v2 messages by MLLP",
        "Sends each message by MLLP and prints its acknowledgement. Exit code 1 if any was not\n"
        "AA or CA.",
        "  lfd send admission.hl7 discharge.hl7 --to 127.0.0.1:2575",
    )
    send.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for standard input")
    send.add_argument("--to", metavar="HOST:PORT", type=endpoint, required=True)
    send.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=30.0,
        help="how long to wait for each answer; default: %(default)s",
    )


def _site_guess(commands: Commands) -> None:
    about = "Site files: how a sender departs from the defaults."
    site = commands.add_parser("site", help=about, description=about)
    actions = site.add_subparsers(title="commands", required=True, metavar="COMMAND")
    guess = _command(
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


def _organisation(commands: Commands) -> None:
    about = "The registry's directory of organisations."
    organisation = commands.add_parser("organisation", help=about, description=about)
    actions = organisation.add_subparsers(title="commands", required=True, metavar="COMMAND")
    load = _command(
        actions,
        "load",
        "organisation",
        "load organisations from a CSV file",
        "Loads organisations from CSV with the columns ods,name,type,parent,succeeded_by,\n"
        "succeeded_on. Types: acute, mental-health, community, gp, icb, medical-examiner,\n"
        "national. A practice's parent is its ICB. What depends on them is brought up to date.\n"
        "Works while `lfd up` runs.",
        "  lfd organisation load organisations.csv\n"
        "  lfd organisation load organisations.csv --database postgresql://lfd@db/lfd",
    )
    load.add_argument("file", metavar="FILE.csv", type=Path)
    _where(load)


def _client(commands: Commands) -> None:
    about = "The registry's API clients."
    client = commands.add_parser("client", help=about, description=about)
    actions = client.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = _command(
        actions,
        "add",
        "client",
        "register an API client by its public key",
        "Registers an API client with its public key (RSA of 2048 bits or more, or EC P-384,\n"
        "PEM). An id that exists gets the new organisation, role and key. Works while `lfd up`\n"
        "runs.",
        "  openssl ecparam -name secp384r1 -genkey -noout -out surgery.pem\n"
        "  openssl ec -in surgery.pem -pubout -out surgery.pub.pem\n"
        "  lfd client add surgery --organisation Z99901 --role gp --public-key surgery.pub.pem",
    )
    add.add_argument("id", metavar="ID")
    add.add_argument("--organisation", metavar="ODS", required=True, help="whom it acts for")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--public-key", metavar="FILE", type=Path, required=True)
    _where(add)


def _token(commands: Commands) -> None:
    token = _command(
        commands,
        "token",
        "token",
        "an access token, got with a signed JWT",
        "Prints an access token, alone on its line. It is good for five minutes.",
        "  lfd token --client surgery --key surgery.pem --url http://127.0.0.1:8080",
    )
    token.add_argument("--client", metavar="ID", required=True)
    token.add_argument("--key", metavar="FILE", type=Path, required=True, help="private key (PEM)")
    token.add_argument("--url", metavar="BASE", required=True, help="the registry's address")


def _explain(commands: Commands) -> None:
    explain = _command(
        commands,
        "explain",
        "explain",
        "why the registry says what it says of a person",
        "Prints the facts held about a person, each with its message, and every conclusion with\n"
        "its rule and evidence. That is personal data.",
        "  lfd explain 9990000018\n  lfd explain 9990000018 --json",
    )
    explain.add_argument("number", metavar="NHS-NUMBER")
    explain.add_argument("--json", action="store_true", help="the same as data")
    _where(explain)


def _quarantine(commands: Commands) -> None:
    about = "Messages the adapter keeps but could not process."
    quarantine = commands.add_parser("quarantine", help=about, description=about)
    actions = quarantine.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listing = _command(
        actions,
        "list",
        "quarantine",
        "what waits for a person, and why",
        "Lists the messages in quarantine, oldest first, without their content.",
        "  lfd quarantine list",
    )
    show = _command(
        actions,
        "show",
        "quarantine",
        "one message with its content",
        "Shows one message: why it is here, and its content. That is personal data.",
        "  lfd quarantine show 12\n  lfd quarantine show 12 --raw > message.hl7",
    )
    show.add_argument("id", metavar="ID", type=int)
    show.add_argument("--raw", action="store_true", help="only the bytes, as received")
    release = _command(
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
        _where(action)


def _data(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help=f"{what}; default: %(default)s",
    )


def _where(command: argparse.ArgumentParser) -> None:
    place = command.add_mutually_exclusive_group()
    place.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help="the directory that `lfd up` was given; default: %(default)s",
    )
    place.add_argument("--database", metavar="URL", help="a PostgreSQL database instead")


def _database(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--database", metavar="URL", required=True, help="postgresql://USER@HOST/NAME"
    )


def _http(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--http",
        metavar="HOST:PORT",
        type=endpoint,
        default=Endpoint("127.0.0.1", 8080),
        help="where to serve HTTP; default: %(default)s",
    )


def _mllp(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--mllp",
        metavar="HOST:PORT",
        type=endpoint,
        default=Endpoint("127.0.0.1", 2575),
        help="where to listen for MLLP; default: %(default)s",
    )


def _sender(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--organisation",
        metavar="ODS",
        help="take messages of this sender only; without it MSH-4 names the sending organisation",
    )


def _site(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--site",
        metavar="FILE",
        type=Path,
        help="the sender's site file (YAML): how it departs from the defaults",
    )
