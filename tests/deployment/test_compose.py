"""docker-compose.yml holds together: with the scripts and files it names, with the command line,
and with what we promise about secrets and logs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.mllp.framing import LIMIT
from lfd.arguments import parser
from lfd.endpoint import Endpoint
from postgres.settings import ALWAYS
from registry.api.body import MAX_BODY
from tests.deployment.compose import ALONE, ROOT, instructions, ours

NGINX = (ROOT / "deployment/nginx/nginx.conf").read_text()
REGISTRIES = (ROOT / "deployment/nginx/registries.conf").read_text()
LONG_RUNNING = {"registry-1", "registry-2", "adapter", "proxy", "postgres"}


def test_every_secret_is_made_by_the_script() -> None:
    script = (ROOT / "deployment/make-secrets").read_text()
    made = set(re.findall(r"^make_once (\S+)", script, re.MULTILINE))
    needed = {Path(secret["file"]).name for secret in ALONE.content["secrets"].values()}
    assert made == needed


def test_the_base_image_is_pinned_to_one_version() -> None:
    bases = {rest.split()[0] for word, rest in instructions() if word == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+(\.\d+)?-slim-[a-z]+", bases.pop())


def test_the_image_installs_by_hash() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if "pip install" in part]
    for part in installs:
        assert "--require-hashes" in part or "--no-deps /opt/build/" in part, part


def test_the_image_has_every_package() -> None:
    copied = {rest.split()[0].strip("/") for word, rest in instructions() if word == "COPY"}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages <= copied
    let_through = (ROOT / ".dockerignore").read_text()
    for package in packages:
        assert f"\n!{package}\n" in let_through


def test_our_image_runs_as_an_ordinary_user() -> None:
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users
    assert users[-1].split(":")[0] not in {"0", "root"}


def test_our_services_run_as_the_user_of_the_image() -> None:
    users = [rest for word, rest in instructions() if word == "USER"]
    assert {service["user"] for service in ours().values()} == {users[-1]}


@pytest.mark.parametrize("name", ours())
def test_each_command_is_one_that_lfd_takes(name: str) -> None:
    parser().parse_args(ALONE.words(name))


@pytest.mark.parametrize("name", ours())
def test_each_file_a_command_names_is_mounted(name: str) -> None:
    named = {word for word in ALONE.words(name) if word.startswith("/")}
    assert named <= ALONE.mounted(name, "configs").keys() | ALONE.mounted(name, "secrets").keys()


@pytest.mark.parametrize("name", ours())
def test_passwords_stand_in_files_only(name: str) -> None:
    assert "environment" not in ALONE.services[name]
    for word in ALONE.words(name):
        assert not re.search(r"://[^/@]*:[^/@]*@", word), "a password in a connection string"
    assert "/run/secrets/database-password" in ALONE.mounted(name, "secrets")


def test_the_databases_secrets_stand_in_files_only() -> None:
    for name, value in ALONE.services["postgres"]["environment"].items():
        assert "PASSWORD" not in name or (name.endswith("_FILE") and value.startswith("/run/"))


def test_registry_and_adapter_each_enter_their_own_database() -> None:
    script = (ROOT / "deployment/postgres/databases.sql").read_text()
    found = {name: parser().parse_args(ALONE.words(name)).database for name in ours()}
    for role in set(
        re.findall(r"postgresql://(\w+)@postgres/\1$", "\n".join(found.values()), re.M)
    ):
        assert f"CREATE ROLE {role} LOGIN" in script
        assert f"CREATE DATABASE {role} OWNER {role};" in script
        assert f"REVOKE CONNECT ON DATABASE {role} FROM PUBLIC;" in script
    assert found["adapter"] == "postgresql://adapter@postgres/adapter"
    assert {url for name, url in found.items() if name != "adapter"} == {
        "postgresql://registry@postgres/registry"
    }


def test_everything_that_runs_on_has_a_health_check() -> None:
    assert {name for name, one in ALONE.services.items() if "healthcheck" in one} == LONG_RUNNING
    for name in LONG_RUNNING - {"postgres"}:
        assert "/readyz" in " ".join(ALONE.services[name]["healthcheck"]["test"])


def test_health_checks_ask_at_the_port_served() -> None:
    for name in ("registry-1", "registry-2", "adapter"):
        served = parser().parse_args(ALONE.words(name)).http
        # The adapter has no TLS there, so its HTTP is for its own container only.
        assert served == Endpoint("127.0.0.1" if name == "adapter" else "0.0.0.0", 8080)
        assert "//127.0.0.1:8080/" in ALONE.services[name]["healthcheck"]["test"][-1]
    assert re.search(r"^\s*listen 8080;$", NGINX, re.MULTILINE)


def test_published_ports_are_those_served() -> None:
    assert parser().parse_args(ALONE.words("adapter")).mllp.port == 2575
    exposed = {
        int(port) for word, rest in instructions() if word == "EXPOSE" for port in rest.split()
    }
    assert exposed == {8080, 2575}


def test_the_proxy_balances_all_registries() -> None:
    asked = set(re.findall(r"server (\S+):8080 resolve", REGISTRIES))
    assert asked == {name for name in ALONE.services if words_begin(name, "registry")}
    assert len(asked) == 2
    assert ALONE.words("registry-1") == ALONE.words("registry-2")


def words_begin(name: str, command: str) -> bool:
    """Whether the service is one of ours and runs this `lfd` command."""
    return name in ours() and ALONE.words(name)[0] == command


def test_the_published_address_leads_to_the_proxy() -> None:
    address = parser().parse_args(ALONE.words("registry-1")).public_url
    assert parser().parse_args(ALONE.words("adapter")).registry == address
    aliases = ALONE.services["proxy"]["networks"]["outside"]["aliases"]
    assert [f"http://{alias}:8080" for alias in aliases] == [address]


def test_the_proxy_takes_bodies_as_large_as_the_registry_does() -> None:
    assert MAX_BODY == 4 * 1024 * 1024
    assert re.search(r"client_max_body_size 4m;", NGINX)
    assert MAX_BODY <= LIMIT


def test_the_proxy_writes_no_query_to_any_log() -> None:
    formats = re.findall(r"log_format private (.*?);", NGINX, re.DOTALL)
    assert len(formats) == 1
    for variable in ("$request ", '$request"', "$request_uri", "$args", "$query", "$arg_", "$uri"):
        assert variable not in formats[0]
    assert re.findall(r"access_log (.*);", NGINX) == ["/dev/stdout private"]
    assert re.findall(r"error_log (.*);", NGINX) == ["stderr emerg"]


def test_the_database_logs_no_values() -> None:
    command = ALONE.services["postgres"]["command"]
    settings = dict(word.split("=", 1) for word in command if "=" in word)
    assert settings.items() <= ALWAYS.items()
    assert {"log_min_messages", "log_min_error_statement", "log_error_verbosity"} <= settings.keys()


def test_named_volumes_keep_the_data() -> None:
    assert ALONE.services["postgres"]["volumes"] == ["postgres-data:/var/lib/postgresql"]
    assert "postgres-data" in ALONE.content["volumes"]
