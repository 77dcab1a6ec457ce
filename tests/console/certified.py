"""A certified OpenID provider (npm: oidc-provider) run by Node on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.settings import Credential, ProviderSettings
from tests.end_to_end.exchange import free_port

PEOPLE: dict[str, dict[str, Any]] = {
    "999000000001": {
        "name": "Robin <script>alert(1)</script> O'Example",
        "uid": "999000000001",
        "selected_roleid": "701",
        "id_assurance_level": "3",
        "authentication_assurance_level": "3",
        "nhsid_nrbac_roles": [
            {
                "person_roleid": "701",
                "org_code": "RT2",
                "role_code": "S8000:G8000:R8000",
                "role_name": '"Clinical":"Provision":"Clinical <i>Practitioner</i> Access Role"',
            },
            {"person_roleid": "702", "org_code": "QX1", "role_code": "S8000:G8000:R8000"},
        ],
    },
    "999000000002": {
        "name": "Sam Example",
        "uid": "999000000002",
        "nhsid_nrbac_roles": [
            {"person_roleid": "801", "org_code": "RT1", "role_code": "S8000:G8001:R8002"},
            {"person_roleid": "802", "org_code": "QX1", "role_code": "S8000:G8000:R8000"},
        ],
    },
    "999000000003": {
        "name": "Alex Example",
        "uid": "999000000003",
        "nhsid_nrbac_roles": [
            {
                "person_roleid": "901",
                "org_code": "RT1",
                "role_code": "S8001:G8005:R8015",
                "role_name": '"Support":"Systems Support":"<b>Systems</b> Support Access Role"',
            },
            {"person_roleid": "902", "org_code": "P81001", "role_code": "S8000:G8000:R8000"},
        ],
        "nhsid_user_orgs": [{"org_code": "RZ9", "org_name": "Trust <u>Unknown</u>"}],
    },
    "999000000004": {"name": "Nobody Anywhere", "uid": "999000000004"},
}


@dataclass
class Asking:
    """How the console proves itself to the provider: what each of the two is told."""

    client: dict[str, Any]
    credential: Credential
    algorithm: str


@contextmanager
def running(folder: Path, console: str, asking: Asking) -> Generator[ProviderSettings]:
    """Runs the provider for a console at an address, until the end."""
    port = free_port()
    node = shutil.which("node")
    assert node is not None
    told = {
        "PORT": str(port),
        "REDIRECT_URI": f"{console}/sign-in/callback",
        "POST_LOGOUT_URI": f"{console}/signed-out",
        "CLIENT": json.dumps({"client_id": "console", **asking.client}),
        "PEOPLE": json.dumps(PEOPLE),
        "ALGORITHM": asking.algorithm,
    }
    process = subprocess.Popen(
        [node, "provider.mjs"],
        cwd=folder,
        env={**os.environ, **told},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert process.stdout.readline() == b"ready\n", process.stderr.read().decode()
        yield ProviderSettings(f"http://127.0.0.1:{port}", "console", asking.credential)
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()
