"""Commands that serve until they are told to stop: `lfd up`, `registry`, `adapter` and `demo`."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfd.arguments_of import options, registry_options
from lfd.arguments_of.declaring import Commands, add_command
from lfd.arguments_of.values import count_to, web_address


def up(commands: Commands) -> None:
    """Adds `lfd up`."""
    up = add_command(
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
    options.data(up, "where the database and keys are kept")
    options.http(up)
    options.mllp(up)
    options.sender(up)
    options.site_file(up)
    registry_options.jwks_hosts(up)
    registry_options.retention(up)
    registry_options.limits(up)
    registry_options.sign_in(up)
    registry_options.national(up)
    _in_service(up)
    _traces(up)


def registry(commands: Commands) -> None:
    """Adds `lfd registry`."""
    registry = add_command(
        commands,
        "registry",
        "registry",
        "a registry alone, against a PostgreSQL that is there",
        "Starts a registry against a PostgreSQL database. Any number may share one database.",
        "  lfd registry --database postgresql://lfd@db/lfd --http 0.0.0.0:8080 \\\n"
        "      --public-url https://registry.example.nhs.uk",
    )
    options.database(registry)
    registry_options.replicas(registry)
    options.http(registry)
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
    registry_options.jwks_hosts(registry)
    registry.add_argument(
        "--issuers",
        metavar="FILE",
        type=Path,
        help="the issuers file (YAML): whose access tokens are trusted beside or instead of ours",
    )
    registry_options.retention(registry)
    registry_options.limits(registry)
    registry_options.sign_in(registry)
    registry_options.national(registry)
    registry_options.subscriptions(registry)
    _in_service(registry)
    _traces(registry)


def adapter(commands: Commands) -> None:
    """Adds `lfd adapter`."""
    adapter = add_command(
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
    options.database(adapter)
    adapter.add_argument("--registry", metavar="URL", required=True, help="the registry's address")
    adapter.add_argument("--client", metavar="ID", required=True, help="client id at the registry")
    adapter.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="its private key (PEM)"
    )
    options.http(adapter)
    options.mllp(adapter)
    adapter.add_argument(
        "--share-mllp-port",
        action="store_true",
        help="other adapters of the same user, on the same database, may listen at --mllp too; the "
        "system deals out new connections among them",
    )
    options.sender(adapter)
    options.site_file(adapter)
    _security(adapter)
    _in_service(adapter)
    _traces(adapter)


def feeds(commands: Commands) -> None:
    """Adds `lfd feeds`."""
    feeds = add_command(
        commands,
        "feeds",
        "feeds",
        "the pages about a feed beside an adapter, with the registry elsewhere",
        "Serves the pages for those who look after an adapter's feed, in a process of its own,\n"
        "on the adapter's database. People sign in by OpenID Connect.",
        "  lfd feeds --database postgresql://lfd@db/adapter --http 127.0.0.1:8090 \\\n"
        "      --public-url https://feeds.example.nhs.uk --oidc-issuer https://ISSUER \\\n"
        "      --oidc-client-id ID --oidc-client-key console.pem",
    )
    options.database(feeds)
    options.http(feeds)
    feeds.add_argument(
        "--public-url",
        metavar="URL",
        help="the address people use, where it is not http://HOST:PORT (a proxy stands before)",
    )
    registry_options.sign_in(feeds)
    _in_service(feeds)
    _traces(feeds)


def demo(commands: Commands) -> None:
    """Adds `lfd demo`."""
    demo = add_command(
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


def _traces(command: argparse.ArgumentParser) -> None:
    command.add_argument_group("traces", "docs/monitoring.md").add_argument(
        "--traces",
        metavar="URL",
        type=web_address,
        help="send traces to the OpenTelemetry collector there (OTLP over HTTP), as "
        "http://127.0.0.1:4318; without it none are made",
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
        type=count_to(300),
        help="when told to stop, say so at /readyz and go on for so long, until load balancers "
        "have noticed; without it stop at once",
    )
