"""The wheel alone: it holds the whole package, and its demo runs without the sources."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.support.server import clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/kundresa"
READY = re.compile(rb"Kundresa is ready at (\S+) ")
# Students who registered, and who got a result, in the demo's data.
NUMBERS = ("32,549", "22,437")

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as ``make wheel`` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    command = ["make", "wheel", f"DIST={folder}"]
    built = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("kundresa-*.whl")
    return found


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    tree = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("kundresa/")}
    assert packed == tree
    for kind in ("*.csv.gz", "*.schema.json", "*.html", "*.css", "*.mo", "*.woff2", "*.yaml"):
        assert any(Path(name).match(kind) for name in packed), kind


def test_the_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipx", "run", "--spec", str(wheel), "kundresa", "demo"]
    told = ["--port", str(free_port()), "--no-browser", "--data", str(tmp_path / "data")]
    homes = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    environment = clean_environment(homes)
    # Else the sources would stand in for what the wheel lacks.
    environment.pop("PYTHONPATH", None)
    with (tmp_path / "log").open("wb") as log:
        demo = subprocess.Popen(
            [*command, *told], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=log
        )
    try:
        page = httpx.get(address_of(demo, tmp_path / "log"), trust_env=False, timeout=60)
        assert page.status_code == 200
        for number in NUMBERS:
            assert number in page.text
        static = page.url.join("/static/maps/map.css")
        assert httpx.get(static, trust_env=False, timeout=60).status_code == 200
    finally:
        demo.terminate()
        demo.communicate(timeout=30)
    assert demo.returncode == 0, (tmp_path / "log").read_text()


def address_of(demo: subprocess.Popen[bytes], log: Path) -> str:
    """Read what the demo prints until it says where it is."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if found := READY.match(line):
            return found[1].decode()
    raise AssertionError(log.read_text()[-4000:])
