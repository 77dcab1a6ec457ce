"""Settings: an option goes before the environment, this before the file; errors say where."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lfd.arguments import parser
from lfd.endpoint import Endpoint
from lfd.failure import Failure
from lfd.settings_file import commands_with_settings, read
from lfd.settings_table import table
from tests.docs.pages import ROOT


def chosen(*words: str, environment: Mapping[str, str] | None = None) -> Any:
    return read(parser(), words, environment or {})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "lfd.toml"
    path.write_text(
        '[registry]\ndatabase = "postgresql:///file"\nhttp = "0.0.0.0:81"\nclient-rate = 7\n'
        'allow-test-numbers = true\njwks-host = ["a.example", "b.example:444"]\n'
        '[adapter]\ndatabase = "postgresql:///adapter"\n'
    )
    return path


def test_an_option_goes_before_the_environment_before_the_file_before_the_default(
    config: Path,
) -> None:
    words = ("registry", "--config", str(config))
    assert chosen("registry", "--database", "dbname=d").http == Endpoint("127.0.0.1", 8080)
    of_file = chosen(*words)
    assert of_file.database == "postgresql:///file"
    assert of_file.http == Endpoint("0.0.0.0", 81)
    assert of_file.client_rate == 7 and of_file.allow_test_numbers is True
    assert of_file.jwks_host == ["a.example", "b.example:444"]
    environment = {"LFD_HTTP": "[::1]:82", "LFD_JWKS_HOST": "c.example, d.example"}
    of_environment = chosen(*words, environment=environment)
    assert of_environment.http == Endpoint("::1", 82)
    assert of_environment.jwks_host == ["c.example", "d.example"]
    assert of_environment.database == "postgresql:///file"
    option = chosen(*words, "--http", "h:83", "--jwks-host", "e.example", environment=environment)
    assert option.http == Endpoint("h", 83)
    assert option.jwks_host == ["e.example"]


def test_the_environment_names_the_file_and_an_option_another(config: Path, tmp_path: Path) -> None:
    named = {"LFD_CONFIG": str(config)}
    assert chosen("registry", environment=named).database == "postgresql:///file"
    other = tmp_path / "other.toml"
    other.write_text('[registry]\ndatabase = "dbname=other"\n')
    assert chosen("registry", "--config", str(other), environment=named).database == "dbname=other"


def test_each_command_has_its_own_table(config: Path) -> None:
    more = ("--registry", "r", "--client", "c", "--key", "k")
    assert chosen("adapter", "--config", str(config), *more).database == "postgresql:///adapter"


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "database"
    secret.write_text("postgresql://lfd:word@db/lfd\n")
    said = chosen("registry", environment={"LFD_DATABASE_FILE": str(secret)})
    assert said.database == "postgresql://lfd:word@db/lfd"
    config = tmp_path / "lfd.toml"
    config.write_text(f'[registry]\ndatabase-file = "{secret}"\n')
    assert chosen("registry", "--config", str(config)).database == said.database


def test_a_flag_of_the_environment_can_say_no(config: Path) -> None:
    words = ("registry", "--config", str(config))
    assert not chosen(*words, environment={"LFD_ALLOW_TEST_NUMBERS": "no"}).allow_test_numbers


def test_commands_without_settings_do_not_look(tmp_path: Path) -> None:
    assert chosen("client", "list", environment={"LFD_DATABASE": "x"}).database is None


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"LFD_HTTP": "nonsense"}, "LFD_HTTP: 'nonsense' is not HOST:PORT, like 127.0.0.1:2575"),
        ({"LFD_HTPP": "h:1"}, "the variable LFD_HTPP is no setting; is LFD_HTTP meant?"),
        ({"LFD_CLIENT_RATE": "0"}, "LFD_CLIENT_RATE: '0' is not a number of one or more"),
        ({"LFD_PDS_POLL": "hourly"}, "LFD_PDS_POLL: one of daily, sweep is needed"),
        ({"LFD_ALLOW_TEST_NUMBERS": "perhaps"}, "LFD_ALLOW_TEST_NUMBERS: true or false is needed"),
        (
            {"LFD_DATABASE": "a", "LFD_DATABASE_FILE": "b"},
            "LFD_DATABASE and LFD_DATABASE_FILE are both set: keep one of them",
        ),
        (
            {"LFD_DATABASE_FILE": "/not/there"},
            "LFD_DATABASE_FILE: /not/there cannot be read: No such file or directory",
        ),
        ({"LFD_CONFIG": "/not/there"}, "--config /not/there: No such file or directory"),
    ],
)
def test_what_is_wrong_in_the_environment_is_told(environment: dict[str, str], told: str) -> None:
    with pytest.raises(Failure) as failure:
        chosen("registry", environment=environment)
    assert str(failure.value) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[registry]\nhtpp = 'h:1'", ", [registry] htpp: there is no such setting; is http meant?"),
        ("[registry]\nhttp = 5", ", [registry] http: '5' is not HOST:PORT, like 127.0.0.1:2575"),
        ("[registry]\nhttp = ['h:1']", ", [registry] http: one value is needed, not a list"),
        ("[registry]\nhttp = true", ", [registry] http: a value is needed, not true or false"),
        ("[registry]\nhttp = 2026-01-01", ", [registry] http: a text, a number, true, false or a"),
        ("[registry]\nconfig = 'x'", ", [registry] config: there is no such setting"),
        (
            "[regstry]\n",
            ": [regstry] is not a table of it; there are [adapter], [feeds], [registry], [up]",
        ),
        ("http = 'h:1'", ": http stands in no table: put it below [registry] or another"),
        ("[registry", " is not TOML: "),
        (
            "[registry]\ndatabase = 'a'\ndatabase-file = '{self}'",
            ", [registry] database-file: it is set twice, as database and as database-file: keep",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "lfd.toml"
    path.write_text(text.replace("{self}", str(path)))
    with pytest.raises(Failure) as failure:
        chosen("registry", "--config", str(path))
    assert str(failure.value).startswith(f"{path}{told}")


def test_what_is_nowhere_is_asked_for_by_its_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        chosen("registry")
    assert "the following arguments are required: --database" in capsys.readouterr().err


def test_the_command_tells_it_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lfd", "registry"],
        capture_output=True, text=True, env={"LFD_HTTP": "x", "PATH": ""}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "lfd: LFD_HTTP: 'x' is not HOST:PORT, like 127.0.0.1:2575\n"


def test_the_page_of_settings_has_the_table_as_it_is() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    assert table(parser()) in page, "make it anew: python -m lfd.settings_table"


def test_no_two_settings_share_a_variable() -> None:
    for own in commands_with_settings(parser()).values():
        names = [one.variable for one in own.values()]
        assert len(set(names)) == len(names)
        assert not {f"{name}_FILE" for name in names} & set(names)
