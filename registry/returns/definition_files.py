"""The definitions of the returns as files of the implementation guide:
`python -m registry.returns.definition_files`."""

from __future__ import annotations

import json
from pathlib import Path

import conformance
from registry.returns.measures import definitions

FOLDER = Path(conformance.__file__).parent / "package"


def files() -> dict[str, str]:
    """Returns the content of each file, by its name."""
    return {
        f"{one['resourceType']}-{one['id']}.json": f"{json.dumps(one, indent=2)}\n"
        for one in definitions()
    }


if __name__ == "__main__":
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
