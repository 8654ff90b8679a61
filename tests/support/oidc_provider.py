"""A provider of accounts for tests: real HTTP on this machine, and tokens that are signed."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "kundresa", "hush-hush"


class Provider:
    """Vouches for one person; tests say who it is."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_port}"
        self.person: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def variables(self) -> dict[str, str]:
        """How an installation is told of this provider."""
        return {
            "KUNDRESA_OIDC_ISSUER": self.address,
            "KUNDRESA_OIDC_CLIENT_ID": CLIENT_ID,
            "KUNDRESA_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "KUNDRESA_OIDC_NAME": "Firma",
        }

    def configuration(self) -> dict[str, Any]:
        """Where everything is."""
        places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/keys",
            **{f"{name}_endpoint": f"{self.address}/{path}" for name, path in places.items()},
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Take whoever comes for the person, and send them back with a code."""
        self.asked = asked
        back = {"code": "code-1", "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def tokens(self, told: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Give the tokens for a code, to the client alone that asked."""
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        is_ours = (told.get("client_id"), told.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if not is_ours or challenge != self.asked["code_challenge"] or told["code"] != "code-1":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 60}
        signed = jwt.encode({**claims, **self.person}, self.key, "RS256", {"kid": "1"})
        return 200, {"access_token": "access-1", "token_type": "Bearer", "id_token": signed}


def _handler(found: list[Provider]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider, parts = found[0], urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            elif parts.path == "/userinfo":
                is_known = self.headers["Authorization"] == "Bearer access-1"
                self._answer(200 if is_known else 401, provider.person)
            else:
                self._answer(200, provider.configuration())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(*found[0].tokens({n: v[0] for n, v in parse_qs(body).items()}))

        def _answer(self, status: int, told: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def a_provider() -> Iterator[Provider]:
    """Run a provider for a while."""
    found: list[Provider] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    found.append(Provider(server))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
