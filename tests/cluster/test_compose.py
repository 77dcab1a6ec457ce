"""deployment/cluster/docker-compose.yml holds together: with the scripts it names, with the command
line, and with what the other two forms of the cluster say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from lfd.arguments import parser
from registry.replicas.hosts import each_host
from tests.deployment.compose import ALONE, CLUSTER

FOLDER = Path(__file__).parents[2] / "deployment/cluster"
NODES = {"db-1", "db-2", "db-3"}
MEMBERS = {"etcd-1", "etcd-2", "etcd-3"}
OURS = ("registry-1", "registry-2", "adapter", "load-organisations", "register-adapter")


def example(name: str) -> dict[str, str]:
    """What an example of the environment of a node sets."""
    lines = (FOLDER / name).read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {key: value for key, _, value in pairs}


def hosts(url: str) -> set[str]:
    return set(str(conninfo_to_dict(url)["host"]).split(","))


def test_three_members_and_three_nodes_and_every_one_keeps_its_own_data() -> None:
    assert CLUSTER.services.keys() >= NODES | MEMBERS
    volumes = [volume for name in NODES | MEMBERS for volume in CLUSTER.services[name]["volumes"]]
    named = [volume.partition(":")[0] for volume in volumes]
    assert len(named) == len(set(named)) == 6
    assert set(named) == set(CLUSTER.content["volumes"])


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_member_says_who_it_is(name: str) -> None:
    said = CLUSTER.services[name]["environment"]
    assert said.keys() >= example("etcd.env.example").keys()
    assert said["ETCD_NAME"] == name
    members = dict(one.split("=", 1) for one in said["ETCD_INITIAL_CLUSTER"].split(","))
    assert members.keys() == MEMBERS
    assert said["ETCD_INITIAL_ADVERTISE_PEER_URLS"] == members[name] == f"http://{name}:2380"
    assert said["ETCD_ADVERTISE_CLIENT_URLS"] == f"http://{name}:2379"


@pytest.mark.parametrize("name", sorted(NODES))
def test_a_node_says_who_it_is(name: str) -> None:
    said = CLUSTER.services[name]["environment"]
    # The passwords come from files.
    passwords = {"PATRONI_SUPERUSER_PASSWORD", "PATRONI_REPLICATION_PASSWORD"}
    assert said.keys() == example("node.env.example").keys() - passwords
    assert said["PATRONI_NAME"] == name
    assert said["PATRONI_RESTAPI_CONNECT_ADDRESS"] == f"{name}:8008"
    assert said["PATRONI_POSTGRESQL_CONNECT_ADDRESS"] == f"{name}:5432"
    assert {host.partition(":")[0] for host in said["PATRONI_ETCD3_HOSTS"].split(",")} == MEMBERS
    script = (FOLDER / "with-cluster-passwords").read_text()
    for variable in passwords:
        assert f"{variable}=" in script
    assert said["PATRONI_POSTGRESQL_DATA_DIR"].startswith("/var/lib/lfd-postgresql/")
    assert CLUSTER.mounted(name, "configs") == {
        "/etc/lfd/cluster/patroni.yml": FOLDER / "patroni.yml"
    }


def test_etcd_listens_at_addresses() -> None:
    """It refuses names: `expected IP in URL for binding`."""
    listening = [CLUSTER.services[name]["environment"] for name in MEMBERS]
    for said in (*listening, example("etcd.env.example")):
        for variable in ("ETCD_LISTEN_CLIENT_URLS", "ETCD_LISTEN_PEER_URLS"):
            assert re.match(r"https?://[\d.]+:\d+$", said[variable])


def test_etcd_starts_with_what_the_file_says(tmp_path: Path) -> None:
    """All its variables are taken: a mistake in one ends it before it listens."""
    etcd = shutil.which("etcd")
    if etcd is None:
        pytest.skip("etcd is not on this machine: Debian has it as etcd-server")
    said = CLUSTER.services["etcd-1"]["environment"] | {"ETCD_DATA_DIR": str(tmp_path / "data")}
    # No port of this machine's is taken: it cannot be had.
    said |= {name: "http://192.0.2.1:1" for name in said if "_LISTEN_" in name}
    done = subprocess.run([etcd], env=said, capture_output=True, text=True, timeout=60, check=False)
    assert "cannot assign requested address" in done.stderr, done.stderr


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_command_is_one_that_lfd_takes(name: str) -> None:
    chosen = parser().parse_args(CLUSTER.words(name))
    assert hosts(chosen.database) == NODES
    if name.startswith("registry"):
        assert {one.partition(":")[0] for one in each_host(chosen.read_database)} == NODES


@pytest.mark.parametrize("name", [*OURS, "make-databases", *sorted(NODES)])
def test_each_file_a_command_names_is_mounted(name: str) -> None:
    words = [str(word).rpartition("=")[2] for word in CLUSTER.services[name]["command"]]
    named = {word for word in words if word.startswith("/")}
    assert (
        named <= CLUSTER.mounted(name, "configs").keys() | CLUSTER.mounted(name, "secrets").keys()
    )


def test_every_secret_is_made() -> None:
    scripts = "".join(
        (FOLDER / script).read_text() for script in ("make-secrets", "../make-secrets")
    )
    made = set(re.findall(r"^make_once (\S+)", scripts, re.MULTILINE))
    made |= set(re.findall(r'echo "made deployment/secrets/(\S+)"', scripts)) - {"$name"}
    assert {Path(one["file"]).name for one in CLUSTER.content["secrets"].values()} == made


def test_the_databases_are_made_with_the_passwords_that_are_mounted() -> None:
    named = set(re.findall(r"cat (/run/secrets/\S+?)`", (FOLDER / "passwords.sql").read_text()))
    superuser = {"/run/secrets/postgres-password"}
    assert named | superuser == CLUSTER.mounted("make-databases", "secrets").keys()
    taken = set(re.findall(r":'(\w+)'", (FOLDER / "databases.sql").read_text()))
    assert taken == set(re.findall(r"\\set (\w+) ", (FOLDER / "passwords.sql").read_text()))


def test_the_secrets_are_made_once(tmp_path: Path) -> None:
    for script in ("cluster/make-secrets", "make-secrets"):
        target = tmp_path / script
        target.parent.mkdir(exist_ok=True)
        shutil.copy(FOLDER.parent / script, target)
    (tmp_path / "secrets").mkdir()
    kept: list[dict[str, bytes]] = []
    for _ in range(2):
        subprocess.run([str(tmp_path / "cluster/make-secrets")], check=True, capture_output=True)
        kept.append({one.name: one.read_bytes() for one in (tmp_path / "secrets").iterdir()})
    assert kept[0] == kept[1]
    assert kept[0].keys() == {Path(one["file"]).name for one in CLUSTER.content["secrets"].values()}


def test_the_passwords_reach_the_command_and_stand_nowhere_else(tmp_path: Path) -> None:
    script = tmp_path / "with-cluster-passwords"
    text = (FOLDER / "with-cluster-passwords").read_text()
    script.write_text(text.replace("/run/secrets", str(tmp_path)))
    (tmp_path / "postgres-password").write_text("of the superuser\n")
    (tmp_path / "replicator-password").write_text("of the standbys\n")
    done = subprocess.run(
        ["sh", str(script), "env"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    said = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert said["PATRONI_SUPERUSER_PASSWORD"] == said["PGPASSWORD"] == "of the superuser"
    assert said["PATRONI_REPLICATION_PASSWORD"] == "of the standbys"
    for name in CLUSTER.services:
        assert "password" not in str(CLUSTER.services[name].get("environment", "")).lower()


def test_only_containers_reach_the_databases() -> None:
    for name in NODES | MEMBERS:
        assert CLUSTER.services[name]["networks"] == ["databases"]
    assert CLUSTER.content["networks"]["databases"] == {"internal": True}


def test_the_adapter_and_the_proxy_are_those_of_the_single_machine() -> None:
    """But for the database, whom they wait for and where files lie."""
    single = ALONE.services
    for name in ("adapter", "proxy"):
        here, there = dict(CLUSTER.services[name]), dict(single[name])
        for differs in ("depends_on", "build"):
            here.pop(differs, None)
            there.pop(differs, None)
        cluster, alone = "@db-1,db-2,db-3/", "@postgres/"
        assert json.loads(json.dumps(here).replace(cluster, alone)) == there


def test_the_image_of_a_node_has_what_its_commands_name() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    assert re.search(r"^FROM postgres:\d+-[a-z]+$", text, re.MULTILINE)
    assert "apt-get install --yes --no-install-recommends etcd-server patroni" in text
    major = re.findall(r"^FROM postgres:(\d+)-", text, re.MULTILINE)[0]
    for name in NODES:
        programs = CLUSTER.services[name]["environment"]["PATRONI_POSTGRESQL_BIN_DIR"]
        assert programs == f"/usr/lib/postgresql/{major}/bin"
    assert "\nUSER 999:999\n" in text
