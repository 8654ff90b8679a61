"""Bring the Chromium and the PostgreSQL that the tests need, then run a command with them.

``tools/test_services.py run -- pytest …`` uses what is named in the environment, then what
the machine has, then what it can install. It fails in words rather than let tests be skipped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ORDINARY_URL = "postgresql://postgres:postgres@127.0.0.1:5432/postgres"
START_SECONDS = 60


class MissingServiceError(Exception):
    """Something the tests need cannot be had; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Run the command after ``run --`` and pass on its exit code."""
    if len(arguments) < 3 or arguments[:2] != ["run", "--"]:
        print(f"{__doc__}\nusage: tools/test_services.py run -- COMMAND …", file=sys.stderr)
        return 2
    # A polite end must stop the private server too, so it takes the same way as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with contextlib.ExitStack() as stack:
            chromium = find_chromium()
            database = stack.enter_context(postgresql())
            say(f"Chromium {chromium}, PostgreSQL at {urlsplit(database).netloc.split('@')[-1]}")
            services = {"KUNDRESA_CHROMIUM": chromium, "KUNDRESA_TEST_DATABASE_URL": database}
            return run_child(arguments[2:], os.environ | services)
    except MissingServiceError as missing:
        say(str(missing))
        return 1


def run_child(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its own end; a signal's number becomes 128 + number, as in a shell."""
    child = subprocess.Popen(command, env=environment)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        # The terminal sent Ctrl-C to the child as well; let it print its summary.
        code = child.wait()
    except SystemExit:
        child.terminate()
        child.wait()
        raise
    return code if code >= 0 else 128 - code


def say(sentence: str) -> None:
    """Print a note; results belong to the child."""
    print(f"test services: {sentence}", file=sys.stderr, flush=True)


# --- Chromium ---------------------------------------------------------------------------------


def find_chromium() -> str:
    """Return the path of a Chromium that answers, installing one where that is possible."""
    named = os.environ.get("KUNDRESA_CHROMIUM")
    if named:
        if shutil.which(named) and answers(named):
            return named
        raise MissingServiceError(f"KUNDRESA_CHROMIUM names {named}, which does not start.")
    found = chromium_here()
    if found is None and may_apt():
        apt_install("chromium")
        found = chromium_here()
    if found is None:
        say("installing Playwright's Chromium")
        playwright("install", "chromium")
        found = chromium_here()
    if found is None:
        raise MissingServiceError(
            "no Chromium. Install one (Debian: apt-get install chromium) or name it in"
            " KUNDRESA_CHROMIUM."
        )
    return found


def chromium_here() -> str | None:
    """Return a browser of this machine or the one Playwright keeps."""
    candidates = [path for name in BROWSERS if (path := shutil.which(name))]
    candidates.append(playwrights_own())
    return next((path for path in candidates if path and answers(path)), None)


def answers(browser: str) -> bool:
    """Tell whether the browser starts: a package may leave a name that only prints advice."""
    try:
        answer = subprocess.run(
            [browser, "--version"], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def playwrights_own() -> str:
    """Return where Playwright would keep its Chromium, if that file exists."""
    ask = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=False
    )
    path = answer.stdout.strip()
    return path if path and Path(path).exists() else ""


def playwright(*arguments: str) -> None:
    """Run Playwright's own command; what fails shows when the browser is looked for again."""
    subprocess.run([sys.executable, "-m", "playwright", *arguments], check=False)


# --- PostgreSQL -------------------------------------------------------------------------------


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of a server on which tests may create databases."""
    named = os.environ.get("KUNDRESA_TEST_DATABASE_URL")
    if named:
        if not may_create(named):
            raise MissingServiceError(
                "KUNDRESA_TEST_DATABASE_URL does not answer, or its role may not create databases."
            )
        yield named
        return
    if may_create(ORDINARY_URL):
        yield ORDINARY_URL
        return
    binaries = server_binaries()
    if binaries is None and may_apt():
        apt_install("postgresql")
        binaries = server_binaries()
    if binaries is None:
        raise MissingServiceError(
            "no PostgreSQL. Install one (Debian: apt-get install postgresql) or name a server in"
            " KUNDRESA_TEST_DATABASE_URL=postgresql://role:password@host:5432/postgres."
        )
    with private_server(binaries) as url:
        yield url


def may_create(url: str) -> bool:
    """Tell whether a server answers at the address and lets us create databases."""
    parts = urlsplit(url)
    # Without a host it is a socket in the file system, which a client tries at once.
    if parts.hostname and not port_open(parts.hostname, parts.port or 5432):
        return False
    question = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
    # psycopg is in the test environment; psql need not be.
    ask = (
        "import sys, psycopg\n"
        "with psycopg.connect(sys.argv[1], connect_timeout=5) as c:\n"
        "    sys.exit(not c.execute(sys.argv[2]).fetchone()[0])"
    )
    command = [sys.executable, "-c", ask, url, question]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def port_open(host: str, port: int) -> bool:
    """Tell at once whether anything listens, before a client waits for its time-out."""
    try:
        with socket.create_connection((unquote(host), port), timeout=2):
            return True
    except OSError:
        return False


def server_binaries() -> Path | None:
    """Return the folder of initdb and postgres, the newest version first."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)
    wanted = ("initdb", "postgres")
    return next((f for f in folders if all((f / name).exists() for name in wanted)), None)


@contextlib.contextmanager
def private_server(binaries: Path) -> Iterator[str]:
    """Run a server of our own in a temporary folder; it is gone afterwards, whatever happens."""
    as_owner, owner = server_owner()
    # Sockets have short paths by law of the system, so the folder sits directly in /tmp.
    folder = Path(tempfile.mkdtemp(prefix="kundresa-pg-", dir="/tmp"))
    server = None
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        data, log = folder / "data", folder / "log"
        initialise([*as_owner, str(binaries / "initdb")], data, folder)
        port = free_port()
        with log.open("wb") as out:
            server = subprocess.Popen(
                [*as_owner, str(binaries / "postgres"), "-D", str(data), *options(port, folder)],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=folder,
                # Ctrl-C is for the tests; the server must outlive their tidying up.
                start_new_session=True,
            )
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        wait_until(lambda: may_create(url), server, log)
        yield url
    finally:
        if server is not None:
            stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def initialise(initdb: list[str], data: Path, folder: Path) -> None:
    """Make the server's files; the same collation everywhere keeps the tests' orders equal."""
    command = [*initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    command += ["--locale=C", "--no-sync"]
    made = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if made.returncode != 0:
        raise MissingServiceError(f"initdb failed:\n{made.stderr.strip()}")


def options(port: int, folder: Path) -> list[str]:
    """Return the server's settings: nothing here survives a crash, so nothing is synced."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def server_owner() -> tuple[list[str], str | None]:
    """Return the command prefix and the name of the owner; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return [], None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    owner = next((name for name in ("postgres", "nobody") if name in names), None)
    if owner is None:
        raise MissingServiceError(
            "PostgreSQL refuses to run as root and there is no account nobody."
        )
    if shutil.which("setpriv"):
        group = str(pwd.getpwnam(owner).pw_gid)
        prefix = ["setpriv", f"--reuid={owner}", f"--regid={group}", "--clear-groups"]
        # setpriv replaces itself, so the process id we hold is the server's own.
        return prefix, owner
    if shutil.which("runuser"):
        return ["runuser", "-u", owner, "--"], owner
    raise MissingServiceError(
        "PostgreSQL refuses to run as root; install util-linux (setpriv, runuser)."
    )


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until(ready: Callable[[], bool], server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the server's first answer."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if ready():
            return
        time.sleep(0.1)
    raise MissingServiceError(
        f"the private PostgreSQL did not start:\n{log.read_text(errors='replace')}"
    )


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server fast: SIGINT ends open sessions, SIGKILL what does not end."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


# --- Installing -------------------------------------------------------------------------------


def may_apt() -> bool:
    """Tell whether this machine's packages are ours to install."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(package: str) -> None:
    """Install a Debian package; what fails shows when it is looked for again."""
    say(f"installing {package} with apt-get")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", package]):
        subprocess.run(
            ["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
