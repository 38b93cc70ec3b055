"""Many OpenID providers in one process, as light as they can be: what is measured is the hub.

``python -m bench.sso.many_idps PORT`` answers for the issuers ``http://127.0.0.1:PORT/NAME``. Nobody logs in at them: a code
is made of what the browser was sent away with (``code_for``). The provider called ``hanging`` never answers a code.
"""

import base64
import hashlib
import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT, SECRET, HANGING = "hub", "secret-of-the-hub", "hanging"
HANGS_SECONDS = 60


def code_for(address: str, subject: str) -> str:
    """The code with which a browser comes back, after it was sent to ``address`` and logged in there as ``subject``."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    told = {"sub": subject, "nonce": asked["nonce"], "challenge": asked["code_challenge"]}
    return _text(json.dumps(told).encode())


class _Key:
    """One signing key for all of them."""

    def __init__(self) -> None:
        self._key = generate_private_key(65537, 2048)
        numbers = self._key.public_key().public_numbers()
        self.public = {
            "kty": "RSA",
            "kid": "k1",
            "alg": "RS256",
            "use": "sig",
            "n": _text(numbers.n.to_bytes(256, "big")),
            "e": _text(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """The claims as a signed ID token."""
        head = _text(json.dumps({"alg": "RS256", "kid": "k1", "typ": "JWT"}).encode())
        text = f"{head}.{_text(json.dumps(claims).encode())}"
        return f"{text}.{_text(self._key.sign(text.encode(), PKCS1v15(), SHA256()))}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    key: _Key

    def do_GET(self) -> None:
        """Metadata and keys."""
        if self.path.endswith("/jwks"):
            self._answer(200, {"keys": [self.key.public]})
            return
        issuer = self._issuer()
        self._answer(
            200,
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "authorization_response_iss_parameter_supported": True,
            },
        )

    def do_POST(self) -> None:
        """A code for an ID token, with PKCE checked."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        issuer = self._issuer()
        if issuer.endswith(f"/{HANGING}"):
            time.sleep(HANGS_SECONDS)
        told = json.loads(base64.urlsafe_b64decode(form["code"][0] + "=="))
        challenge = _text(hashlib.sha256(form["code_verifier"][0].encode()).digest())
        if challenge != told["challenge"]:
            self._answer(400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": CLIENT,
            "sub": told["sub"],
            "nonce": told["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        self._answer(
            200,
            {
                "id_token": self.key.sign(claims),
                "access_token": "a",
                "token_type": "Bearer",
                "expires_in": 300,
            },
        )

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def _issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{unquote(self.path).split('/')[1]}"  # type: ignore[attr-defined]

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    address_family = socket.AF_INET


def main() -> None:
    """Answer until standard input ends."""
    _Handler.key = _Key()
    server = _Server(("127.0.0.1", int(sys.argv[1])), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
