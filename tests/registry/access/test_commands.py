"""`lfd client`, `lfd client key` and `lfd keys` as an operator types them, on a real database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from joserfc.jwk import ECKey

from lfd.arguments import parser
from lfd.command import main
from lfd.failure import Failure
from lfd.trust import jwks_hosts, trusted_issuers
from registry.access import client_keys
from registry.access.issuers.issuer import TrustedIssuers
from registry.outgoing.address import AllowedHosts

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

GP = ["--organisation", "A81001", "--role", "gp"]


class Command:
    """Runs lfd on the test's database; knows what it printed."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._where = ["--database", url]
        self._capsys = capsys

    def __call__(self, *words: str) -> str:
        assert main([*words, *self._where]) == 0, self._capsys.readouterr().err
        return self._capsys.readouterr().out

    def fails(self, *words: str) -> str:
        assert main([*words, *self._where]) == 1
        captured = self._capsys.readouterr()
        assert captured.out == ""
        return captured.err


@pytest.fixture
def lfd(
    connection: psycopg.Connection[object], database_url: str, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(database_url, capsys)


@pytest.fixture
def pem(tmp_path: Path, ec_signer: Signer) -> str:
    path = tmp_path / "key.pub.pem"
    path.write_text(ec_signer.pem)
    return str(path)


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    path = tmp_path / "jwks.json"
    key = dict(ECKey.generate_key("P-384").as_dict(private=False))
    path.write_text(json.dumps({"keys": [key | {"kid": "k-2027"}]}))
    return str(path)


def test_a_clients_life(lfd: Command, pem: str, jwks: str, ec_signer: Signer) -> None:
    thumbprint = ec_signer.key.thumbprint()
    assert lfd("client", "add", "surgery", *GP, "--public-key", pem) == (
        "added surgery for A81001 as gp\n"
    )
    assert lfd("client", "list") == "surgery  A81001  gp  1 key\n"
    lfd("client", "key", "add", "surgery", "--jwks", jwks)
    listed = lfd("client", "key", "list", "surgery").splitlines()
    assert [line.split()[0] for line in listed] == [thumbprint, "k-2027"]
    assert "under any name" in listed[0]
    assert "named by the client" in listed[1]
    lfd("client", "key", "remove", "surgery", thumbprint)
    assert "last key" in lfd.fails("client", "key", "remove", "surgery", "k-2027")
    assert "2 keys" not in lfd("client", "list")
    lfd("client", "key", "add", "surgery", "--public-key", pem, "--kid", "mine")
    assert lfd("client", "list") == "surgery  A81001  gp  2 keys\n"
    lfd("client", "remove", "surgery")
    assert lfd("client", "list") == ""
    assert "no such client" in lfd.fails("client", "remove", "surgery")


def test_a_thumbprint_may_begin_as_an_option_does(lfd: Command, pem: str) -> None:
    lfd("client", "add", "surgery", *GP, "--public-key", pem)
    for unknown in ("-" + "a" * 42, "--" + "b" * 41, "-h" + "c" * 41):
        assert "has no key" in lfd.fails("client", "key", "remove", "surgery", unknown)
        assert "no key of that kid" in lfd.fails("keys", "retire", unknown)


def test_keys_at_an_address(lfd: Command, pem: str) -> None:
    url = "https://surgery.example/jwks.json"
    said = lfd("client", "add", "surgery", *GP, "--jwks-url", url)
    assert "--jwks-host" in said
    assert lfd("client", "list") == f"surgery  A81001  gp  {url}\n"
    assert "JWKS address" in lfd.fails("client", "key", "add", "surgery", "--public-key", pem)
    assert "https://" in lfd.fails("client", "add", "s2", *GP, "--jwks-url", "http://a.example/")


def test_what_is_not_taken(lfd: Command, pem: str, jwks: str, tmp_path: Path) -> None:
    private = tmp_path / "private.json"
    key = dict(ECKey.generate_key("P-384").as_dict(private=True))
    private.write_text(json.dumps({"keys": [key | {"kid": "a"}]}))
    said = lfd.fails("client", "add", "surgery", *GP, "--jwks", str(private))
    assert "private" in said
    assert str(key["d"]) not in said
    assert "--kid goes with" in lfd.fails(
        "client", "key", "add", "surgery", "--jwks", jwks, "--kid", "x"
    )
    assert "no such client" in lfd.fails("client", "key", "add", "nobody", "--public-key", pem)
    assert lfd("client", "list") == ""
    with pytest.raises(SystemExit):
        parser().parse_args(["client", "add", "c", *GP])
    with pytest.raises(SystemExit):
        parser().parse_args(["client", "add", "c", *GP, "--public-key", pem, "--jwks", jwks])


def test_signing_keys(lfd: Command) -> None:
    assert lfd("keys", "list") == ""
    kid = lfd("keys", "rotate").split()[0]
    listed = lfd("keys", "list")
    assert listed.startswith(f"{kid}  signing  signs from ")
    assert "d" not in listed.split(), "no private part"
    second = lfd("keys", "rotate").split()[0]
    assert f"{second}  announced" in lfd("keys", "list")
    said = lfd("keys", "retire", kid)
    assert f"{kid} is erased" in said
    assert "signs from now on" in said
    assert "stay as they were" in lfd.fails("keys", "retire", kid)


def test_whom_a_registry_trusts(tmp_path: Path) -> None:
    registry = ["registry", "--database", "postgresql:///x"]
    chosen = parser().parse_args(registry)
    assert jwks_hosts(chosen) == AllowedHosts()
    assert trusted_issuers(chosen) == TrustedIssuers()
    issuers = tmp_path / "issuers.yaml"
    issuers.write_text("issuers: []\n")
    hosts = ["--jwks-host", "a.example", "b.example:8443", "--jwks-host", "127.0.0.1:9000"]
    chosen = parser().parse_args([*registry, *hosts, "--issuers", str(issuers)])
    assert jwks_hosts(chosen).check("https://b.example:8443/x").host == "b.example"
    assert trusted_issuers(chosen).issuers == ()
    bad = parser().parse_args([*registry, "--jwks-host", "https://a.example"])
    with pytest.raises(Failure, match="--jwks-host"):
        jwks_hosts(bad)
    issuers.write_text("issuers: 5\n")
    with pytest.raises(Failure, match=r"issuers.yaml, line 1"):
        trusted_issuers(chosen)


def test_a_pem_key_by_a_name_is_the_same_key(ec_signer: Signer) -> None:
    (unnamed,) = client_keys.from_pem(ec_signer.pem).keys
    (named,) = client_keys.from_pem(ec_signer.pem, "mine").keys
    assert (unnamed.name, named.name) == (None, "mine")
    assert unnamed.key.thumbprint() == named.key.thumbprint()
