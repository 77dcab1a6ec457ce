"""Who may call the registry: `lfd client`, `keys` and `token`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lfd.arguments_of import options
from lfd.arguments_of.declaring import Commands, add_command, add_group

ROLES = ("adapter", "provider", "gp", "icb", "national", "admin")


def client(commands: Commands) -> None:
    """Adds `lfd client` and its commands."""
    actions = add_group(commands, "client", "The registry's API clients.")
    add = add_command(
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
    add.add_argument("id", metavar="ID", help="what the registry is to know it by")
    add.add_argument("--organisation", metavar="ODS", required=True, help="whom it acts for")
    add.add_argument("--role", choices=ROLES, required=True, help="what it may do")
    source = _key_files(add)
    source.add_argument(
        "--jwks-url",
        metavar="URL",
        help="where it publishes its JSON Web Key Set; the registry needs --jwks-host for it",
    )
    listing = add_command(
        actions,
        "list",
        "client",
        "who may call the registry",
        "Lists the clients with their organisation, role, and where their keys are.",
        "  lfd client list",
    )
    remove = add_command(
        actions,
        "remove",
        "client",
        "shut a client out",
        "Removes a client. It gets no token any more; one it has lasts five minutes at most.",
        "  lfd client remove surgery",
    )
    remove.add_argument("id", metavar="ID", help="the client")
    for name, action in (("add", add), ("list", listing), ("remove", remove)):
        action.set_defaults(action=name)
        options.where(action)
    _client_key(actions)


def _client_key(commands: Commands) -> None:
    actions = add_group(
        commands, "key", "The public keys of one client, for changing them without downtime."
    )
    listing = add_command(
        actions,
        "list",
        "client_key",
        "a client's keys",
        "Lists the keys a client may sign with.",
        "  lfd client key list surgery",
    )
    add = add_command(
        actions,
        "add",
        "client_key",
        "a further key, beside those it has",
        "Adds a public key, or those of a JSON Web Key Set. The client may sign with the old and\n"
        "with the new; remove the old one when it no longer does.",
        "  lfd client key add surgery --public-key surgery-2027.pub.pem\n"
        "  lfd client key add surgery --public-key surgery-2027.pub.pem --kid 2027",
    )
    remove = add_command(
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
        options.where(action)
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


def keys(commands: Commands) -> None:
    """Adds `lfd keys` and its commands."""
    actions = add_group(commands, "keys", "The keys that sign the registry's access tokens.")
    listing = add_command(
        actions,
        "list",
        "signing_keys",
        "the signing keys, and what each one does now",
        "Lists the signing keys in the order in which they sign: announced (published, not yet\n"
        "signing), signing, verifying (no longer signing, its tokens still good), or expired.",
        "  lfd keys list",
    )
    rotate = add_command(
        actions,
        "rotate",
        "signing_keys",
        "a new signing key, without downtime",
        "Makes a new signing key. It is published at once and signs in ten minutes' time; the old\n"
        "one is accepted until its last token has expired. Expired keys are erased. Running\n"
        "registries notice within a minute.",
        "  lfd keys rotate\n  lfd keys rotate --database postgresql://lfd@db/lfd",
    )
    retire = add_command(
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
        options.where(action)


def token(commands: Commands) -> None:
    """Adds `lfd token`."""
    token = add_command(
        commands,
        "token",
        "token",
        "an access token, got with a signed JWT",
        "Prints an access token, alone on its line. It is good for five minutes.",
        "  lfd token --client surgery --key surgery.pem --url http://127.0.0.1:8080",
    )
    token.add_argument("--client", metavar="ID", required=True, help="client id at the registry")
    token.add_argument("--key", metavar="FILE", type=Path, required=True, help="private key (PEM)")
    token.add_argument("--url", metavar="BASE", required=True, help="the registry's address")
