"""The About Resource (xAPI 1.0.3 Communication 2.8)."""

import json

import flask

from hub.flask_hub import current_hub
from hub.xapi.http.answers import json_answer
from hub.xapi.http.request import Request

OAUTH_METADATA = "https://www.rfc-editor.org/rfc/rfc8414"
"""The key of the extension that tells the address of the store's OAuth metadata: the document that describes such."""
SUPPORTED_VERSIONS = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")


def get(request: Request) -> flask.Response:
    """What this store speaks, and where it says how access tokens are had; for everybody."""
    extensions = {OAUTH_METADATA: current_hub().settings.url("/xapi/.well-known/oauth-authorization-server")}
    return json_answer(json.dumps({"version": SUPPORTED_VERSIONS, "extensions": extensions}).encode())
