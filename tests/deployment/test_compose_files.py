"""What every Compose file of ours holds to: the Compose specification, files that are there, and
what we promise about users, versions and ports."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.compose import ALONE, CLUSTER, ROOT, ComposeFile, Table

FILES = [pytest.param(ALONE, id="alone"), pytest.param(CLUSTER, id="cluster")]
SERVICES = [
    pytest.param(one, id=f"{of.id}-{name}")
    for of, file in zip(FILES, (ALONE, CLUSTER), strict=True)
    for name, one in file.services.items()
]
of_each_file = pytest.mark.parametrize("file", FILES)
of_each_service = pytest.mark.parametrize("service", SERVICES)


def mistakes(content: Table) -> list[Any]:
    """What is wrong with a Compose file by the specification's own schema, which the package
    check-jsonschema carries."""
    package = importlib.util.find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "builtin_schemas" / "vendor"
    specification = json.loads((folder / "compose-spec.json").read_text())
    validators: Any = importlib.import_module("jsonschema.validators")
    validator = validators.validator_for(specification)(specification)
    return list(validator.iter_errors(content))


@of_each_file
def test_it_is_valid_by_the_compose_schema(file: ComposeFile) -> None:
    assert mistakes(file.content) == []


@of_each_file
def test_the_schema_would_notice_a_mistake(file: ComposeFile) -> None:
    assert mistakes({**file.content, "services": {"registry": {"imagge": "x"}}})


@of_each_file
def test_docker_compose_takes_it(file: ComposeFile) -> None:
    docker = shutil.which("docker")
    asked = [docker, "compose", "version"] if docker else ["false"]
    if subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        pytest.skip("there is no docker with its compose plugin here")
    done = subprocess.run(
        [str(docker), "compose", "--file", str(file.path), "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@of_each_file
def test_every_config_is_in_the_checkout(file: ComposeFile) -> None:
    for name in file.content["configs"]:
        assert file.source("configs", name).is_file(), name


@of_each_file
def test_every_config_and_secret_is_used(file: ComposeFile) -> None:
    for kind in ("configs", "secrets"):
        used = {path for name in file.services for path in file.mounted(name, kind).values()}
        assert used == {file.source(kind, name) for name in file.content[kind]}, kind


@of_each_file
def test_only_this_machine_reaches_it_and_only_its_doors(file: ComposeFile) -> None:
    published = {name: one["ports"] for name, one in file.services.items() if "ports" in one}
    assert published == {"proxy": ["127.0.0.1:8080:8080"], "adapter": ["127.0.0.1:2575:2575"]}


@of_each_service
def test_images_are_pinned(service: Table) -> None:
    image, _, tag = service["image"].partition(":")
    assert image
    assert re.match(r"\d+", tag), f"{image} has no version"


@of_each_service
def test_no_container_is_root_or_can_become_it(service: Table) -> None:
    assert service["user"].split(":")[0] not in {"0", "root", ""}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_compose_file_is_among_them() -> None:
    found = set(ROOT.glob("*compose*.y*ml")) | set((ROOT / "deployment").rglob("*compose*.y*ml"))
    assert found == {ALONE.path, CLUSTER.path}
