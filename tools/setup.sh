#!/usr/bin/env bash
# Make .venv with everything a recipe needs, from nothing but git, make and Python.
# With uv the lock file decides; without it pip installs the same versions from
# requirements-dev.txt, whose hashes come from the same lock file.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "setup: $*" >&2; }
fail() { say "$@"; exit 1; }

suits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1
}

find_python() {
    local name
    for name in ${KUNDRESA_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        # Asking the interpreter for its own path sees through shims and links to old versions.
        if command -v "$name" >/dev/null && suits "$name"; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

# The stamp holds what the environment was made from; touching a file alone remakes nothing.
stamp=.venv/.kundresa-setup
inputs=(pyproject.toml uv.lock requirements-dev.txt tools/setup.sh)
fingerprint=$(cat "${inputs[@]}" | cksum)
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$fingerprint" ]; then
    exit 0
fi

python=$(find_python) || fail "no Python 3.11 to 3.14 found." \
    "Install one (Debian: apt-get install python3 python3-venv) or name it: KUNDRESA_PYTHON=/path/to/python3.12 make setup"
say "using $("$python" --version) at $python"

# A shim may exist for a uv that does not run; only a uv that answers counts.
if uv --version >/dev/null 2>&1; then
    uv sync --all-extras --locked --python "$python"
else
    # Debian splits venv off; python3 -m venv would then leave half an environment behind.
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || fail \
        "this Python cannot make environments. On Debian or Ubuntu: apt-get install python3-venv"
    if ! { [ -x .venv/bin/python ] && suits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
        "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip install --quiet --require-hashes -r requirements-dev.txt
    # --require-hashes and an editable project exclude each other, so the project comes second;
    # its build backend is fetched in isolation by pip.
    .venv/bin/python -m pip install --quiet --no-deps -e .
fi
printf '%s' "$fingerprint" >"$stamp"
say "ready in .venv"
