"""Vendored files are those that the manifest names, untouched."""

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "src/kundresa/ui/static/ui/vendor"
PACKAGES = json.loads((VENDOR / "manifest.json").read_text())["packages"]


def test_every_vendored_file_is_the_published_one():
    named = {name: digest for package in PACKAGES for name, digest in package["files"].items()}
    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert present == named, "run make vendor; do not edit vendored files"


def test_the_manifest_holds_what_is_pinned():
    pins = json.loads((ROOT / "tools/vendor.json").read_text())["packages"]
    pinned = [(pin["package"], pin["version"], pin["licence"], pin["integrity"]) for pin in pins]
    kept = [(p["name"], p["version"], p["licence"], p["integrity"]) for p in PACKAGES]
    assert kept == pinned


def test_every_vendored_package_carries_its_licence():
    for package in PACKAGES:
        assert any(Path(name).name == "LICENSE" for name in package["files"]), package["name"]
