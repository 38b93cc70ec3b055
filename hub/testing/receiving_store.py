"""A record store that receives what the hub forwards, and can be a bad one: refuses, is slow, dies, forgets to answer.

``python -m hub.testing.receiving_store --port 8110 --config store.json``
"""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, request

from hub.testing.configuration import OutsideConfig
from hub.testing.faults import Faults
from hub.testing.outside import create_outside_app, only_from_this_machine
from hub.testing.serve import run_as_process
from hub.xapi.statements.equality import statement_hash

VERSION_HEADER = "X-Experience-API-Version"
RECEIVING_STORE_FAULTS: dict[str, str] = {
    "down": "Everything is answered with 503.",
    "busy": "Statements are answered with 429 and Retry-After.",
    "slow": "Statements are answered late.",
    "forgets_to_answer": "Statements are stored, and then the answer is cut off with 500.",
    "refuses_known": "A statement that is already there is answered with 409, also when it is the same.",
    "not_a_store": "Everything is answered with 200 and a web page.",
    "write_only": "Nobody may read statements: 403.",
    "repeats_headers": "Statements are refused with 400, and the answer repeats the credentials.",
}


@dataclass(frozen=True, kw_only=True)
class ReceivingStoreConfig(OutsideConfig):
    """Who may send (Basic, or OAuth 2 with the same name and password), and what is refused.

    ``refused_verbs`` are verbs whose statements get 400 for the whole request; ``max_bytes`` is the largest request;
    ``retry_after`` is what a busy store asks for, ``expires_in`` how long it says a token is good.
    """

    username: str = "hub"
    password: str = "hub-password-0123456789"
    name: str = "Receiving store"
    versions: tuple[str, ...] = ("1.0.3", "2.0.0")
    refused_verbs: tuple[str, ...] = ()
    max_bytes: int = 50_000_000
    retry_after: str = "120"
    expires_in: float = 3600


class ReceivingStore:
    """What the store has: statements by id in the order of their arrival, files by SHA-2, and the sizes of batches."""

    def __init__(self, config: ReceivingStoreConfig, faults: Faults) -> None:
        self.config = config
        self.faults = faults
        self.refused_verbs = set(config.refused_verbs)
        self.max_bytes = config.max_bytes
        self.statements: dict[str, dict[str, Any]] = {}
        self.raw: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.batches: list[list[str]] = []
        """The ids of every request that was stored or had been before."""
        self.tokens: set[str] = set()
        self._lock = threading.Lock()

    @property
    def ids(self) -> list[str]:
        """Ids in the order in which they first came."""
        return list(self.statements)

    def take(self, statements: list[dict[str, Any]], files: Mapping[str, bytes]) -> Response:
        """Store all of a request or nothing, as a record store must."""
        bad = [each["id"] for each in statements if each["verb"]["id"] in self.refused_verbs]
        if bad:
            return _error(400, f"The verb of statement {bad[0]} is not in our profile.")
        with self._lock:
            known = [each for each in statements if each["id"] in self.statements]
            differ = [e["id"] for e in known if statement_hash(e) != statement_hash(self.statements[e["id"]])]
            if differ or (known and "refuses_known" in self.faults):
                return _error(409, f"Statement {[*differ, *(e['id'] for e in known)][0]} is already here.")
            for each in statements:
                self.statements.setdefault(each["id"], each)
            self.files.update(files)
            self.batches.append([each["id"] for each in statements])
        if "forgets_to_answer" in self.faults:
            return _error(500, "Something broke after the statements were stored.")
        return jsonify([each["id"] for each in statements])

    def may(self, authorization: str) -> bool:
        """Whether the caller has the password, or a token that was given for it."""
        scheme, _, rest = authorization.partition(" ")
        if scheme == "Bearer":
            return rest in self.tokens
        given = request.authorization
        return bool(given and given.type == "basic" and self.knows(given.username, given.password))

    def knows(self, name: str | None, password: str | None) -> bool:
        """Whether these are the name and password."""
        return name == self.config.username and hmac.compare_digest(password or "", self.config.password)


def create_receiving_store(config: ReceivingStoreConfig) -> Flask:
    """A record store that keeps what it gets in memory. Its statements: ``store_of(app).statements``."""
    faults = Faults(RECEIVING_STORE_FAULTS, config.slow_seconds)
    app = create_outside_app(config.name, "receiving-store", faults)
    store = app.extensions["receiving_store"] = ReceivingStore(config, faults)
    app.before_request(lambda: _bad_day(store))
    app.add_url_rule("/xapi/about", "about", lambda: jsonify(version=config.versions))
    app.add_url_rule("/xapi/statements", "read", lambda: _read(store))
    app.add_url_rule("/xapi/statements", "write", lambda: _write(store), methods=["POST"])
    app.add_url_rule("/token", "token", lambda: _token(store), methods=["POST"])
    app.add_url_rule("/received", "received", lambda: _received(store))
    return app


def store_of(app: Flask) -> ReceivingStore:
    """What an app that ``create_receiving_store`` made has received."""
    store = app.extensions["receiving_store"]
    if not isinstance(store, ReceivingStore):
        raise TypeError("this app is no receiving store")
    return store


def _bad_day(store: ReceivingStore) -> Response | None:
    if request.path in {"/healthz", "/faults", "/received"}:
        return None
    if "down" in store.faults:
        return _error(503, "We are away for maintenance.")
    if "not_a_store" in store.faults:
        return make_response("<html><body>Welcome to our web site</body></html>")
    return None


def _write(store: ReceivingStore) -> Response:
    _check_caller(store)
    if "slow" in store.faults:
        time.sleep(store.faults.slow_seconds)
    if "busy" in store.faults:
        answer = _error(429, "Not so fast.")
        answer.headers["Retry-After"] = store.config.retry_after
        return answer
    if "repeats_headers" in store.faults:
        told = f"{request.headers['Authorization']} and {store.config.password} of hub@example.com"
        return _error(400, f"Bad request with {told}")
    body = request.get_data()
    if len(body) > store.max_bytes:
        return _error(413, "The request is too large.")
    files: dict[str, bytes] = {}
    if request.mimetype == "multipart/mixed":
        body, files = _parts(body)
    told = json.loads(body)
    for each, raw in zip(told, _raw_items(body), strict=True):
        store.raw[each["id"]] = raw
    return store.take(told, files)


def _read(store: ReceivingStore) -> Response:
    _check_caller(store)
    if "write_only" in store.faults:
        return _error(403, "This credential may not read.")
    wanted = request.args.get("statementId") or request.args.get("voidedStatementId")
    if wanted is None:
        return jsonify(statements=list(store.statements.values())[-1:], more="")
    if wanted not in store.statements:
        return _error(404, "There is no such statement.")
    return jsonify(store.statements[wanted])


def _token(store: ReceivingStore) -> Response:
    given = request.authorization
    if request.form.get("grant_type") != "client_credentials":
        return make_response(jsonify(error="unsupported_grant_type"), 400)
    if not given or not store.knows(given.username, given.password):
        return make_response(jsonify(error="invalid_client"), 401)
    token = secrets.token_urlsafe(24)
    store.tokens.add(token)
    return jsonify(access_token=token, token_type="Bearer", expires_in=store.config.expires_in)


def _received(store: ReceivingStore) -> Response:
    only_from_this_machine()
    return jsonify(ids=store.ids, batches=store.batches, files=sorted(store.files))


def _check_caller(store: ReceivingStore) -> None:
    version = request.headers.get(VERSION_HEADER, "")
    if version not in store.config.versions:
        abort(_error(400, f"Version {version} is not spoken here."))
    if not store.may(request.headers.get("Authorization", "")):
        abort(_error(401, "The name or the password is wrong."))


def _parts(body: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The statements and the files of a multipart request, each checked against its hash."""
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    first, *rest = message.iter_parts()
    files = {}
    for part in rest:
        content = part.get_payload(decode=True)
        sha2 = str(part["X-Experience-API-Hash"])
        if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != sha2:
            abort(_error(400, f"The file {sha2} has another hash."))
        files[sha2] = content
    statements = first.get_payload(decode=True)
    return statements if isinstance(statements, bytes) else b"", files


def _raw_items(body: bytes) -> list[bytes]:
    import msgspec

    return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]


def _error(status: int, message: str) -> Response:
    answer = make_response(message, status)
    answer.mimetype = "text/plain"
    return answer


if __name__ == "__main__":
    run_as_process(ReceivingStoreConfig, create_receiving_store)
