"""`python -m console.assets`: takes the NHS design system from its npm package into console/static.

The result is committed, so that nobody needs npm to install or to run the console. The fonts are
left out: Frutiger is licensed for NHS services only, and the stylesheet would fetch it from
elsewhere.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from shutil import which

PACKAGE = "nhsuk-frontend@10.6.1"
SHA512 = "PZorqQZjZx/A26yJoskCL9z0ib6AtkAyF0o4K/RHr8zRrJyXrUOCnMbjy0VNXsGO4tfTNMwqlkwATKs4a0xayw=="
STATIC = Path(__file__).parent / "static"

_DIST = "package/dist/nhsuk"
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_PICTURE = re.compile(r"url\(/assets/images/([a-z0-9-]+\.svg)\)")
_ELSEWHERE = re.compile(r"url\((?!/assets/)|@import")
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=[^*]*\*/\s*$")


class AssetsError(Exception):
    """The package can't be taken; str() is one line that says why."""


def build(package: bytes) -> dict[str, bytes]:
    """Takes the npm package as it was downloaded; returns the files of console/static made of it,
    by name. AssetsError: it is not the package we know, or its stylesheet fetches from
    elsewhere."""
    if base64.b64encode(hashlib.sha512(package).digest()).decode() != SHA512:
        raise AssetsError(f"this is not {PACKAGE}: its SHA-512 is another")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        whole = _read(archive, f"{_DIST}/nhsuk-frontend.min.css").decode()
        sheet = _SOURCE_MAP.sub("", _FONT_FACE.sub("", whole)).strip() + "\n"
        if _ELSEWHERE.search(sheet):
            raise AssetsError("the stylesheet would fetch something from elsewhere")
        pictures = sorted(set(_PICTURE.findall(sheet)))
        made = {name: _read(archive, f"{_DIST}/assets/images/{name}") for name in pictures}
    return {"nhsuk-frontend.min.css": _PICTURE.sub(r"url(\1)", sheet).encode(), **made}


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None, name
    return member.read()


def download(folder: Path) -> Path:
    """Takes a folder; has npm put the package there, and returns its path. AssetsError: no npm, or
    it could not."""
    npm = which("npm")
    if npm is None:
        raise AssetsError("npm is needed to fetch the package, or give the package as a file")
    words = [npm, "pack", PACKAGE, "--silent", "--ignore-scripts", "--pack-destination", "."]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
    found = list(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        raise AssetsError(f"npm could not fetch {PACKAGE}")
    return found[0]


def main() -> int:
    """Writes the files; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m console.assets", description=__doc__)
    parser.add_argument("package", metavar="FILE.tgz", type=Path, nargs="?", help="fetched already")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = build((chosen.package or download(Path(folder))).read_bytes())
        except (AssetsError, OSError) as error:
            print(f"assets: {error}", file=sys.stderr)
            return 1
    for name, content in made.items():
        (STATIC / name).write_bytes(content)
    print(f"{len(made)} files of {PACKAGE} in {STATIC}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
