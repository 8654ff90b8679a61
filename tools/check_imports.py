"""Run the import contracts with our own contract type importable.

import-linter finds ``tools.import_contracts`` only when the repository root is on the path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Pass on the exit code of lint-imports."""
    # The sources first: an environment shared by several checkouts knows only one of them.
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", *sys.argv[1:]]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
