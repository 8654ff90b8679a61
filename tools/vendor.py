"""Fetch the vendored files named in ``vendor.json`` and write their manifest.

Pages load nothing from other addresses, so the files are committed; the manifest says where
each came from and lets a test see that nobody edited one by hand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/kundresa/ui/static/ui/vendor"


def main() -> int:
    """Fetch every pinned package and write ``manifest.json`` beside them."""
    pins = json.loads((ROOT / "tools/vendor.json").read_text())["packages"]
    manifest = {"packages": [vendor(pin) for pin in pins]}
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return 0


def vendor(pin: dict[str, Any]) -> dict[str, Any]:
    """Copy one package's wanted files and return its manifest entry."""
    folder = TARGET / pin["into"]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temp:
        packed = pack(f"{pin['package']}@{pin['version']}", Path(temp))
        if pin.get("integrity") not in (None, packed["integrity"]):
            sys.exit(f"vendor: {pin['package']} is not the tarball pinned in tools/vendor.json.")
        with tarfile.open(Path(temp) / packed["filename"]) as tarball:
            contents = {
                name: read(tarball, f"package/{source}") for source, name in pin["files"].items()
            }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    print(f"vendor: {pin['package']} {pin['version']}, {len(contents)} files")
    return {
        "name": pin["package"],
        "version": pin["version"],
        "licence": pin["licence"],
        "integrity": packed["integrity"],
        "files": {
            f"{pin['into']}/{name}": hashlib.sha256(content).hexdigest()
            for name, content in sorted(contents.items())
        },
    }


def pack(spec: str, folder: Path) -> dict[str, str]:
    """Let npm fetch one tarball; return its file name and the integrity we computed ourselves."""
    answer = subprocess.run(
        ["npm", "pack", spec, "--json", "--ignore-scripts", "--pack-destination", str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    entry = json.loads(answer.stdout)[0]
    # npm writes scoped names with @ and / in its answer but not on disk.
    filename = next(path.name for path in folder.glob("*.tgz"))
    digest = hashlib.sha512((folder / filename).read_bytes()).digest()
    integrity = "sha512-" + base64.b64encode(digest).decode()
    if entry["integrity"] != integrity:
        sys.exit(f"vendor: {spec} did not arrive whole. Run it again.")
    return {"filename": filename, "integrity": integrity}


def read(tarball: tarfile.TarFile, name: str) -> bytes:
    """Return one file of the tarball; a missing one names itself."""
    try:
        member = tarball.extractfile(name)
    except KeyError:
        member = None
    if member is None:
        sys.exit(f"vendor: the package has no file {name}. Mend tools/vendor.json.")
    return member.read()


if __name__ == "__main__":
    sys.exit(main())
