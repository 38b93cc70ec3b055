"""An outside system that listens: it keeps the notices the hub's webhooks send, and checks their signatures."""

import hashlib
import hmac

from flask import Flask, Response, abort, jsonify, request


def add_notices(app: Flask, secret: str) -> None:
    """POST /notices takes a signed notice, each id once; GET /notices lists what came."""
    notices: dict[str, object] = {}

    def take() -> Response:
        expected = "sha256=" + hmac.new(secret.encode(), request.get_data(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("X-Hub-Signature", "")):
            abort(403, "The notice is not signed with the agreed secret.")
        notice = request.get_json()
        notices.setdefault(str(notice["id"]), notice)
        return jsonify(taken=True)

    app.add_url_rule("/notices", "take_notice", take, methods=["POST"])
    app.add_url_rule("/notices", "list_notices", lambda: jsonify(list(notices.values())))
