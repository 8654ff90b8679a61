"""One child of ``kundresa start``: ``python -m kundresa.project.child ROLE SOCKET PARENT PIPE``.

A child never outlives its parent, even one that was killed: on Linux the system sends the
signal, elsewhere the end of a pipe tells.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import threading
from typing import Any

from kundresa.core.logs import set_up_logs
from kundresa.core.settings import settings


def die_with_parent(parent: int, pipe: int) -> None:
    """End this process at once when the parent ends."""
    if sys.platform == "linux":
        death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None, use_errno=True).prctl(death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_wait_for_end, args=(pipe,), daemon=True).start()


def _wait_for_end(pipe: int) -> None:
    os.read(pipe, 1)
    os._exit(1)


def serve(app: Any, listener: socket.socket, grace: int) -> None:
    """Serve until told to stop; open streams get ``grace`` seconds to end."""
    import uvicorn

    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=grace,
    )
    uvicorn.Server(config).run(sockets=[listener])


def collect(listener: socket.socket) -> None:
    """Take events in."""
    from kundresa.events.collect.app import CollectApp

    # The thread that writes and the loop that reads take turns; at the usual 5 ms the one that
    # waits for a commit keeps all its senders waiting.
    sys.setswitchinterval(0.0005)
    # Requests are hundreds of small objects without cycles; looking for some, too often, is dear.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    serve(CollectApp(settings()), listener, grace=1)


def web(listener: socket.socket) -> None:
    """Serve the pages."""
    from kundresa.project.asgi import make_application

    serve(make_application(settings().collect_port), listener, grace=2)


def work() -> None:
    """Seal and do jobs."""
    import django

    django.setup()
    from kundresa.project.worker import make_worker

    worker = make_worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


def main(role: str, handle: int, parent: int, pipe: int) -> None:
    """Become the role."""
    die_with_parent(parent, pipe)
    set_up_logs(settings(), role)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kundresa.project.django_settings")
    if role == "worker":
        work()
    else:
        {"web": web, "collect": collect}[role](socket.socket(fileno=handle))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
