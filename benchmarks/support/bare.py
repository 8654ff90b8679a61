"""The peer: an ASGI server that reads the same body and answers 200, and does nothing else."""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn

_BODY = b'{"success":true}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"16")],
}


async def app(_scope: dict[str, Any], receive: Any, send: Any) -> None:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    b"".join(chunks)
    await send(_START)
    await send({"type": "http.response.body", "body": _BODY})


def main(handle: int) -> None:
    """Serve on a socket that the parent opened, with the settings of the collect process."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=handle)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
