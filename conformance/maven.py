"""Java programs of ours around libraries of others: Maven projects, each built once, and run."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from defusedxml import ElementTree

# Maven says so where it reaches no repository; a version that does not exist is our mistake.
_UNREACHABLE = "Could not transfer"
_NAMESPACE = "{http://maven.apache.org/POM/4.0.0}"


class CannotBuild(Exception):
    """What is missing here to build or run a program: a reason for people."""


def command(project: Path, main: str, *options: str) -> list[str]:
    """Takes a Maven project, its main class and options of Java; returns the words that run it,
    built. CannotBuild where Java or Maven is missing, or Maven reaches no repository."""
    java = _tool("java")
    target = project / "target"
    target.mkdir(exist_ok=True)
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build(project, target / "built")
    class_path = os.pathsep.join((str(target / "classes"), str(target / "lib" / "*")))
    return [java, *options, "-cp", class_path, main]


def pinned(project: Path, name: str) -> str:
    """Takes a Maven project and the name of one of its properties; returns the value."""
    found = ElementTree.parse(project / "pom.xml").find(
        f"{_NAMESPACE}properties/{_NAMESPACE}{name}"
    )
    assert found is not None and found.text is not None, "the project file pins a version"
    return found.text


def _build(project: Path, built: Path) -> None:
    """Unless that is done, and nothing has changed since."""
    sources = [project / "pom.xml", *(p for p in (project / "src").rglob("*") if p.is_file())]
    changed = max(source.stat().st_mtime for source in sources)
    if built.is_file() and built.stat().st_mtime >= changed:
        return
    maven = subprocess.run(
        [_tool("mvn"), "--batch-mode", "--quiet", "process-classes"],
        cwd=project,
        capture_output=True,
        text=True,
    )
    if maven.returncode:
        if _UNREACHABLE in maven.stdout:
            raise CannotBuild("Maven reaches no repository")
        raise RuntimeError(f"Maven cannot build {project.name}:\n{maven.stdout}")
    built.touch()


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CannotBuild(f"{name} is not here")
    return found
