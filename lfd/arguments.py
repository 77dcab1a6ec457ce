"""The command line: every subcommand with its options, help and examples.

Imports nothing heavy, so that `lfd --help` answers at once; `module` names where each one runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date, datetime
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


def _count_to(greatest: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if _count(text) > greatest:
            raise argparse.ArgumentTypeError(f"{text!r} is more than {greatest}")
        return int(text)

    return count


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2024-01-31") from None


def _instant(text: str) -> datetime:
    from nhs.london_time import localise  # only where it is asked for

    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time like 2026-01-31T14:00 (in London) or 2026-01-31T14:00:00Z"
        ) from None
    return read if read.tzinfo else localise(read)[0]


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
    _load(commands)
    _site_guess(commands)
    _simulate(commands)
    _organisation(commands)
    _policy(commands)
    _client(commands)
    _keys(commands)
    _token(commands)
    _explain(commands)
    _held(commands)
    _return(commands)
    _forget(commands)
    _audit(commands)
    _quarantine(commands)
    _redeliver(commands)
    _doctor(commands)
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
        "(999) identify people here. GET /readyz answers 200 when all of it is ready. On a\n"
        "loopback address anybody may sign in to the console, at /, as any organisation.",
        "  lfd up\n"
        "  lfd up --data /srv/lfd --http 127.0.0.1:8080 --mllp 127.0.0.1:2575\n"
        "  lfd up --organisation ZT1",
    )
    _data(up, "where the database and keys are kept")
    _http(up)
    _mllp(up)
    _sender(up)
    _site(up)
    _jwks_hosts(up)
    _retention(up)
    _limits(up)
    _sign_in(up)
    _in_service(up)


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
    _jwks_hosts(registry)
    registry.add_argument(
        "--issuers",
        metavar="FILE",
        type=Path,
        help="the issuers file (YAML): whose access tokens are trusted beside or instead of ours",
    )
    _retention(registry)
    _limits(registry)
    _sign_in(registry)
    _national(registry)
    _subscriptions(registry)
    _in_service(registry)


def _adapter(commands: Commands) -> None:
    adapter = _command(
        commands,
        "adapter",
        "adapter",
        "an adapter alone, against a PostgreSQL and a registry that are there",
        "Starts an adapter: takes HL7 v2 by MLLP and HTTP, keeps it, converts it, delivers it.",
        "  lfd adapter --database postgresql://lfd@db/adapter --organisation ZT1 \\\n"
        "      --registry https://registry.example --client zt1-adapter --key zt1-adapter.pem\n"
        "  lfd adapter ... --mllp 0.0.0.0:2575 --http 0.0.0.0:8443 --tls-cert adapter.crt \\\n"
        "      --tls-key adapter.tls.pem --tls-client-ca engines-ca.crt --senders senders.yaml",
    )
    _database(adapter)
    adapter.add_argument("--registry", metavar="URL", required=True, help="the registry's address")
    adapter.add_argument("--client", metavar="ID", required=True, help="client id at the registry")
    adapter.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="its private key (PEM)"
    )
    _http(adapter)
    _mllp(adapter)
    adapter.add_argument(
        "--share-mllp-port",
        action="store_true",
        help="other adapters of the same user, on the same database, may listen at --mllp too; the "
        "system deals out new connections among them",
    )
    _sender(adapter)
    _site(adapter)
    _security(adapter)
    _in_service(adapter)


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


def _load(commands: Commands) -> None:
    load = _command(
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
        "--rate", metavar="N", type=_count, help="messages a second at most; default: no limit"
    )
    load.add_argument(
        "--ahead",
        metavar="N",
        type=_count,
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
        "--processes", metavar="N", type=_count, help="processes to use; default: one per core"
    )
    _where(load)
    _sender(load)
    _site(load)


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


def _simulate(commands: Commands) -> None:
    about = "Synthetic areas: invented people, their trusts' messages, and the truth beside them."
    simulate = commands.add_parser("simulate", help=about, description=about)
    actions = simulate.add_subparsers(title="commands", required=True, metavar="COMMAND")
    generate = _command(
        actions,
        "generate",
        "simulate",
        "years of ADT messages of a synthetic area",
        "Writes the messages of each trust in sending order, late, repeated, cancelled, merged\n"
        "and wrong ones among them; the directory of organisations; and what is true. The same\n"
        "options give the same bytes.",
        "  lfd simulate generate --out area\n"
        "  lfd simulate generate --out area --seed 7 --trusts 4 --practices 30 --people 50000\n"
        "  lfd simulate generate --out area --people 300 --rates dense",
    )
    _simulated(generate, practices=12)
    generate.add_argument(
        "--trusts",
        metavar="N",
        type=_count,
        default=3,
        help="acute trusts, beside one community and one mental-health trust; default: %(default)s",
    )
    generate.add_argument("--people", metavar="N", type=_count, default=10_000)
    generate.add_argument("--years", metavar="N", type=_count, default=2)
    generate.add_argument(
        "--start", metavar="DATE", type=_date, default=date(2024, 1, 1), help="first day"
    )
    generate.add_argument(
        "--rates",
        choices=("national", "dense"),
        default="national",
        help="as in England, or rare things often; default: %(default)s",
    )
    cohort = _command(
        actions,
        "founding-cohort",
        "simulate",
        "a month's deaths as the founding trust counted them",
        "400 deaths in a month, 72 % in hospital and 28 % within 30 days of discharge, across an\n"
        "acute trust, a community trust and primary care.",
        "  lfd simulate founding-cohort --out cohort",
    )
    _simulated(cohort, practices=30)
    cohort.add_argument(
        "--month",
        metavar="DATE",
        type=_date,
        default=date(2026, 1, 1),
        help="a day of the month; default: %(default)s",
    )
    score = _command(
        actions,
        "score",
        "simulate",
        "how much of a simulated area a registry has found",
        "Asks a registry that was sent the messages, as a client of the area's ICB, and prints a\n"
        "table of recall and precision, and a line for whatever was missed or found wrongly.\n"
        "Exit code 1 where the messages do not explain it.",
        "  lfd simulate score --truth area/truth.jsonl --url http://127.0.0.1:8080 \\\n"
        "      --client area --key area.pem",
    )
    score.add_argument(
        "--truth", metavar="FILE", type=Path, required=True, help="what `generate` wrote"
    )
    score.add_argument("--url", metavar="BASE", required=True, help="the registry's address")
    score.add_argument("--client", metavar="ID", required=True, help="a client with the role icb")
    score.add_argument("--key", metavar="FILE", type=Path, required=True, help="private key (PEM)")
    for name, action in (("generate", generate), ("founding-cohort", cohort), ("score", score)):
        action.set_defaults(action=name)


def _simulated(command: argparse.ArgumentParser, practices: int) -> None:
    command.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="where the files are written"
    )
    command.add_argument(
        "--seed", metavar="N", type=int, default=1, help="another gives another area"
    )
    command.add_argument(
        "--practices",
        metavar="N",
        type=_count,
        default=practices,
        help="GP practices; default: %(default)s",
    )


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


def _policy(commands: Commands) -> None:
    about = "Organisations' own learning-from-deaths policies."
    policy = commands.add_parser("policy", help=about, description=about)
    actions = policy.add_subparsers(title="commands", required=True, metavar="COMMAND")
    load = _command(
        actions,
        "load",
        "policy",
        "load a policy from a YAML file",
        "Loads an organisation's policy: which contacts or emergency attendances are in scope\n"
        "beyond the national rule, and its random sample; with its dates (docs/policies.md).\n"
        "What depends on it is brought up to date. Works while `lfd up` runs.",
        "  lfd policy load our-policy.yaml\n"
        "  lfd policy load our-policy.yaml --database postgresql://lfd@db/lfd",
    )
    load.add_argument("file", metavar="FILE.yaml", type=Path)
    _where(load)


def _keys(commands: Commands) -> None:
    about = "The keys that sign the registry's access tokens."
    keys = commands.add_parser("keys", help=about, description=about)
    actions = keys.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listing = _command(
        actions,
        "list",
        "signing_keys",
        "the signing keys, and what each one does now",
        "Lists the signing keys in the order in which they sign: announced (published, not yet\n"
        "signing), signing, verifying (no longer signing, its tokens still good), or expired.",
        "  lfd keys list",
    )
    rotate = _command(
        actions,
        "rotate",
        "signing_keys",
        "a new signing key, without downtime",
        "Makes a new signing key. It is published at once and signs in ten minutes' time; the old\n"
        "one is accepted until its last token has expired. Expired keys are erased. Running\n"
        "registries notice within a minute.",
        "  lfd keys rotate\n  lfd keys rotate --database postgresql://lfd@db/lfd",
    )
    retire = _command(
        actions,
        "retire",
        "signing_keys",
        "erase a signing key at once: what it signed is refused",
        "Erases a signing key that others may know. Tokens it signed are refused within a minute,\n"
        "and clients get new ones; if it was the one that signs, a new one does from now on.",
        "  lfd keys retire oKp8Wn2q3vY",
    )
    retire.add_argument("kid", metavar="KID", type=str.strip, help="as `lfd keys list` shows it")
    for name, action in (("list", listing), ("rotate", rotate), ("retire", retire)):
        action.set_defaults(action=name)
        _where(action)


def _client(commands: Commands) -> None:
    about = "The registry's API clients."
    client = commands.add_parser("client", help=about, description=about)
    actions = client.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = _command(
        actions,
        "add",
        "client",
        "register an API client by its public keys",
        "Registers an API client with its public key (RSA of 2048 bits or more, or EC P-384,\n"
        "PEM), a JSON Web Key Set, or the address where it publishes one. An id that exists gets\n"
        "the new organisation, role and keys, and loses the old ones. Works while `lfd up` runs.",
        "  openssl ecparam -name secp384r1 -genkey -noout -out surgery.pem\n"
        "  openssl ec -in surgery.pem -pubout -out surgery.pub.pem\n"
        "  lfd client add surgery --organisation Z99901 --role gp --public-key surgery.pub.pem\n"
        "  lfd client add surgery --organisation Z99901 --role gp \\\n"
        "      --jwks-url https://surgery.example/jwks.json",
    )
    add.add_argument("id", metavar="ID")
    add.add_argument("--organisation", metavar="ODS", required=True, help="whom it acts for")
    add.add_argument("--role", choices=ROLES, required=True)
    source = _key_files(add)
    source.add_argument(
        "--jwks-url",
        metavar="URL",
        help="where it publishes its JSON Web Key Set; the registry needs --jwks-host for it",
    )
    listing = _command(
        actions,
        "list",
        "client",
        "who may call the registry",
        "Lists the clients with their organisation, role, and where their keys are.",
        "  lfd client list",
    )
    remove = _command(
        actions,
        "remove",
        "client",
        "shut a client out",
        "Removes a client. It gets no token any more; one it has lasts five minutes at most.",
        "  lfd client remove surgery",
    )
    remove.add_argument("id", metavar="ID")
    for name, action in (("add", add), ("list", listing), ("remove", remove)):
        action.set_defaults(action=name)
        _where(action)
    _client_key(actions)


def _client_key(commands: Commands) -> None:
    about = "The public keys of one client, for changing them without downtime."
    key = commands.add_parser("key", help=about, description=about)
    actions = key.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listing = _command(
        actions,
        "list",
        "client_key",
        "a client's keys",
        "Lists the keys a client may sign with.",
        "  lfd client key list surgery",
    )
    add = _command(
        actions,
        "add",
        "client_key",
        "a further key, beside those it has",
        "Adds a public key, or those of a JSON Web Key Set. The client may sign with the old and\n"
        "with the new; remove the old one when it no longer does.",
        "  lfd client key add surgery --public-key surgery-2027.pub.pem\n"
        "  lfd client key add surgery --public-key surgery-2027.pub.pem --kid 2027",
    )
    remove = _command(
        actions,
        "remove",
        "client_key",
        "take a key away",
        "Takes a key away: the client gets no token with it from now on. The last one stays.",
        "  lfd client key remove surgery oKp8Wn2q3vY",
    )
    for name, action in (("list", listing), ("add", add), ("remove", remove)):
        action.set_defaults(action=name)
        action.add_argument("id", metavar="ID", help="the client")
        _where(action)
    _key_files(add)
    add.add_argument(
        "--kid",
        metavar="KID",
        help="the name its assertions call the key by; without it they may call it anything",
    )
    remove.add_argument(
        "kid", metavar="KID", type=str.strip, help="as `lfd client key list` shows it"
    )


def _key_files(command: argparse.ArgumentParser) -> Any:
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--public-key", metavar="FILE", type=Path, help="its public key (PEM)")
    source.add_argument(
        "--jwks", metavar="FILE", type=Path, help="its public keys (JSON Web Key Set)"
    )
    return source


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


def _held(commands: Commands) -> None:
    held = _command(
        commands,
        "held",
        "held",
        "the data-protection record: what is held, why, until when",
        "Prints what the registry holds, why, and until when: without a number in counts by\n"
        "source and reason; with one, every fact about that person, which is personal data.",
        "  lfd held\n  lfd held 9990000018\n  lfd held 9990000018 --json",
    )
    held.add_argument("number", metavar="NHS-NUMBER", nargs="?")
    held.add_argument("--json", action="store_true", help="the same as data")
    _where(held)


def _return(commands: Commands) -> None:
    returned = _command(
        commands,
        "return",
        "returns",
        "an organisation's quarterly return or Quality Account",
        "Prints one organisation's return on deaths in its care, as known now or as it was\n"
        "published: as a page (a file by itself, for screen and print), as CSV, or as a FHIR\n"
        "MeasureReport. The own version is exact and not for publication.",
        "  lfd return --organisation ZT1 --quarter 2026-27-Q1 > return.html\n"
        "  lfd return --organisation ZT1 --quarter 2026-27-Q1 --format csv\n"
        "  lfd return --organisation ZT1 --year 2026-27 --version public --published",
    )
    returned.add_argument("--organisation", metavar="ODS", required=True, help="whose return")
    period = returned.add_mutually_exclusive_group(required=True)
    period.add_argument(
        "--quarter", metavar="QUARTER", help="a quarter: 2026-27-Q1 is April to June 2026"
    )
    period.add_argument("--year", metavar="YEAR", help="a Quality Account's year, like 2026-27")
    returned.add_argument(
        "--version", choices=("own", "public"), default="own", help="default: %(default)s"
    )
    returned.add_argument(
        "--format", choices=("html", "csv", "json"), default="html", help="default: %(default)s"
    )
    returned.add_argument(
        "--published", action="store_true", help="as it was last published, not as known now"
    )
    _where(returned)


def _forget(commands: Commands) -> None:
    forget = _command(
        commands,
        "forget",
        "forget",
        "erase what is no longer needed of the living",
        "Erases what the registry no longer needs of living people, and counts it by source. A\n"
        "running registry does so by itself. `lfd held` says what is held, why, and until when.",
        "  lfd forget --dry-run\n  lfd forget --database postgresql://lfd@db/lfd",
    )
    forget.add_argument("--dry-run", action="store_true", help="only say what would go")
    _where(forget)


def _audit(commands: Commands) -> None:
    about = "The record of who read or changed what in the registry."
    audit = commands.add_parser("audit", help=about, description=about)
    actions = audit.add_subparsers(title="commands", required=True, metavar="COMMAND")
    verify = _command(
        actions,
        "verify",
        "audit",
        "whether the record holds",
        "Checks every event of the audit record against its chain of hashes, and the chains\n"
        "against the anchors that were kept. Says OK, or where it was changed; exit code 2 then.",
        "  lfd audit verify\n  lfd audit verify --anchors /safe/anchors.txt",
    )
    verify.add_argument(
        "--anchors", metavar="FILE", type=Path, help="lines that `lfd audit anchor` printed"
    )
    verify.set_defaults(action="verify")
    _where(verify)
    anchor = _command(
        actions,
        "anchor",
        "audit",
        "what to keep elsewhere, to know later that nothing was cut off",
        "Prints the end of each month's chain: month, number of events, hash. Keep the lines\n"
        "where whoever can change the database cannot change them.",
        "  lfd audit anchor >> /safe/anchors.txt",
    )
    anchor.set_defaults(action="anchor")
    _where(anchor)


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


def _redeliver(commands: Commands) -> None:
    redeliver = _command(
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
        type=_instant,
        required=True,
        help="like 2026-01-31T14:00, London's clocks, or with an offset or Z",
    )
    _where(redeliver)


def _data(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help=f"{what}; default: %(default)s",
    )


def _retention(command: argparse.ArgumentParser) -> None:
    options = {
        "--forget-allowance-days": ("DAYS", "how late news of a death may come; default: 335"),
        "--forget-evidence-years": ("YEARS", "how long evidence for a flag is held; default: 10"),
        "--forget-silence-years": (
            "YEARS",
            "how long a stay without an end is held after the last word on it; default: 10",
        ),
    }
    for option, (metavar, help_text) in options.items():
        command.add_argument(
            option,
            metavar=metavar,
            type=_count_to(36_500 if metavar == "DAYS" else 100),
            help=f"{help_text}, or as it was last set",
        )


def _sign_in(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--oidc-issuer",
        metavar="URL",
        help="the OpenID Connect provider that signs people in to the console",
    )
    command.add_argument("--oidc-client-id", metavar="ID", help="who the console is to it")
    files = {
        "--oidc-client-key": "the console's private key (PEM), for private_key_jwt",
        "--oidc-client-secret": "or the file that holds its client secret",
        "--oidc-roles": "the roles file (YAML): who may enter the console, and as what",
    }
    for option, help_text in files.items():
        command.add_argument(option, metavar="FILE", type=Path, help=help_text)
    command.add_argument(
        "--session-idle-minutes",
        metavar="MINUTES",
        type=_count_to(240),
        default=30,
        help="how long a console session lives without a request; default: %(default)s",
    )
    command.add_argument(
        "--session-hours",
        metavar="HOURS",
        type=_count_to(24),
        default=12,
        help="how long a console session lives at most; default: %(default)s",
    )


def _jwks_hosts(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--jwks-host",
        metavar="HOST",
        nargs="+",
        action="extend",
        default=[],
        help="hosts (HOST or HOST:PORT) that others' public keys may be fetched from; none without",
    )


def _limits(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--client-rate",
        metavar="N",
        type=_count_to(100_000),
        default=500,
        help="requests a second of one client, ten times as many at once; default: %(default)s",
    )
    command.add_argument(
        "--address-rate",
        metavar="N",
        type=_count_to(100_000),
        default=10,
        help="requests a second for a token, or without a valid one, of one address, ten times as "
        "many at once; default: %(default)s",
    )


def _subscriptions(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group(
        "subscriptions", "who may be told of changes, and how (docs/subscriptions.md)"
    )
    listed = {
        "--subscription-hosts": (
            "HOST",
            "hosts (HOST or HOST:PORT) that notifications may be sent to; none without",
        ),
        "--subscription-networks": (
            "NETWORK",
            "networks (like 10.0.0.0/8) in which these hosts may be though they are not public",
        ),
        "--subscription-mailboxes": (
            "ID",
            "MESH mailboxes that notifications may be sent to, from the mailbox of the national "
            "feed",
        ),
    }
    for option, (metavar, help_text) in listed.items():
        group.add_argument(
            option, metavar=metavar, nargs="+", action="extend", default=[], help=help_text
        )
    group.add_argument(
        "--subscription-workflow",
        metavar="ID",
        default="LFD_NOTIFICATION",
        help="the MESH workflow of notifications; default: %(default)s",
    )
    group.add_argument(
        "--subscription-days",
        metavar="DAYS",
        type=_count_to(3650),
        default=30,
        help="how long events are kept to be sent, or asked for again; default: %(default)s",
    )
    group.add_argument(
        "--subscription-patience",
        metavar="HOURS",
        type=_count_to(720),
        default=24,
        help="how long an endpoint may fail before its subscription is in error; default: "
        "%(default)s",
    )


def _national(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group(
        "national feed", "deaths and flags from national services (docs/national-feed.md)"
    )
    texts = {
        "--pds-url": ("URL", "FHIR base of the Personal Demographics Service; none without it"),
        "--pds-token-url": ("URL", "the address that gives access tokens for it"),
        "--pds-client": ("ID", "the application's API key"),
        "--pds-key-id": ("KID", "the kid of its public key, as registered"),
        "--pds-organisation": ("ODS", "the organisation it is read for"),
        "--flags-url": ("URL", "FHIR base of the patient-flags service"),
        "--mesh-url": ("URL", "the message exchange, where events come by a mailbox"),
        "--mesh-mailbox": ("ID", "the mailbox"),
    }
    for option, (metavar, help_text) in texts.items():
        group.add_argument(option, metavar=metavar, help=help_text)
    files = {
        "--pds-key": "the application's private key (RSA, PEM)",
        "--mesh-password": "the file that holds the mailbox's password",
        "--mesh-shared-key": "the file that holds the exchange's shared key",
        "--mesh-cert": "our client certificate for the exchange (PEM)",
        "--mesh-key": "its private key (PEM)",
        "--mesh-ca": "the authorities the exchange is known by (PEM)",
    }
    for option, help_text in files.items():
        group.add_argument(option, metavar="FILE", type=Path, help=help_text)
    group.add_argument(
        "--pds-rate",
        metavar="N",
        type=_count_to(1000),
        default=5,
        help="readings of one service a second, of all registries together; default: %(default)s",
    )
    group.add_argument(
        "--pds-poll",
        choices=("daily", "sweep"),
        help="read people who left hospital lately without an event: every day for 31 days and "
        "then less often, or a few times, beside a subscription; never without it",
    )
    group.add_argument(
        "--mesh-seconds",
        metavar="SECONDS",
        type=_count_to(86_400),
        default=60,
        help="seconds between two looks into the mailbox; default: %(default)s",
    )


def _doctor(commands: Commands) -> None:
    doctor = _command(
        commands,
        "doctor",
        "doctor",
        "whether all that a process needs is there and well, and what to do",
        "Takes `registry`, `adapter` or `up` as they are started, with their options, environment\n"
        "and settings file, and checks what they would need without starting or changing\n"
        "anything: settings, files and keys, certificates' expiry, database, schema, roles,\n"
        "clocks, addresses, disk space, backups. Prints a line each: OK, WARN or FAIL, and what\n"
        "to do. Exit code 0 if nothing fails, else 1. Its own options stand before the command.",
        "  lfd doctor registry --config /etc/lfd/lfd.toml\n"
        "  lfd doctor --json --backups /srv/backups adapter --config /etc/lfd/lfd.toml",
    )
    doctor.add_argument("--json", action="store_true", help="one JSON line for each check")
    doctor.add_argument(
        "--backups", metavar="DIR", type=Path, help="check that backups come to this directory"
    )
    doctor.add_argument(
        "--backup-hours",
        metavar="HOURS",
        type=_count,
        default=26,
        help="how old the newest may be; default: %(default)s",
    )
    doctor.add_argument(
        "--expiry-days",
        metavar="DAYS",
        type=_count,
        default=30,
        help="warn of certificates that end within so many days; default: %(default)s",
    )
    doctor.add_argument(
        "started",
        metavar="COMMAND ...",
        nargs=argparse.REMAINDER,
        help="registry, adapter or up, with its options",
    )


def _in_service(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("in service", "docs/settings.md and docs/monitoring.md")
    group.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="the settings file (TOML); options and LFD_ variables go before it",
    )
    group.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="how the log is written to standard error; default: %(default)s",
    )
    group.add_argument(
        "--log-level",
        choices=("info", "warning"),
        default="warning",
        help="info: a line for each request and each delivery too; default: %(default)s",
    )
    group.add_argument(
        "--drain-seconds",
        metavar="SECONDS",
        type=_count_to(300),
        help="when told to stop, say so at /readyz and go on for so long, until load balancers "
        "have noticed; without it stop at once",
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


def _security(command: argparse.ArgumentParser) -> None:
    files = {
        "--tls-cert": "take messages over TLS, by MLLP and HTTP: our certificate and chain (PEM)",
        "--tls-key": "its private key (PEM, without a password)",
        "--tls-client-ca": "ask senders for a certificate of these authorities (PEM)",
        "--senders": "the sender file (YAML): which organisations each sender may speak for",
    }
    for option, help_text in files.items():
        command.add_argument(option, metavar="FILE", type=Path, help=help_text)
    command.add_argument(
        "--insecure",
        action="store_true",
        help="serve HTTP beyond this machine without TLS or without knowing who sends",
    )


def _site(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--site",
        metavar="FILE",
        type=Path,
        help="the sender's site file (YAML): how it departs from the defaults",
    )
