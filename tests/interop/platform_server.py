"""An LTI platform on lti1p3platform, that launches the hub: ``python platform_server.py PORT``.

The messages of LTI, their keys and the check of service tokens are lti1p3platform's own code. Here are the addresses,
the people, and a list of the scores that arrived. It runs in an environment of its own and knows nothing of the hub's code.
"""

import logging
import sys
from dataclasses import dataclass, field
from typing import Any

import jwt
from flask import Flask, jsonify, redirect, render_template_string, request
from jwcrypto.jwk import JWK
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request

PORT = int(sys.argv[1])
HOME = f"http://127.0.0.1:{PORT}"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
KEY = JWK.generate(kty="RSA", size=2048)
PRIVATE, PUBLIC = (
    KEY.export_to_pem(private_key=private, password=None).decode() for private in (True, False)
)

PAGE = """<form method="post" action="{{ launch_url }}">
<input type="hidden" name="id_token" value="{{ id_token }}"><input type="hidden" name="state" value="{{ state }}">
</form>"""

app = Flask(__name__)


@dataclass
class Tool:
    """One hub in which this platform is registered, and what arrived from it."""

    id: str
    hub: str
    scores: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Below which the addresses for this tool are."""
        return f"{HOME}/tools/{self.id}"

    def config(self, target: str = "") -> "Config":
        """The tool as lti1p3platform knows it, with the address that a launch leads to."""
        registration = Registration()
        registration.set_iss(HOME).set_client_id(self.id).set_deployment_id(f"deployment-{self.id}")
        registration.set_oidc_login_url(f"{self.hub}/lti/tool/login").set_launch_url(target)
        registration.set_deeplink_launch_url(f"{self.hub}/lti/tool/open/pick")
        registration.set_platform_private_key(PRIVATE).set_platform_public_key(PUBLIC)
        registration.set_tool_key_set_url(f"{self.hub}/lti/jwks")
        return Config(registration=registration)


TOOLS: dict[str, Tool] = {}
LAUNCHES: dict[str, dict[str, str]] = {}


class Config(LTI1P3PlatformConfAbstract):
    """One registration."""

    def init_platform_config(self, registration: Registration) -> None:
        """Keep it."""
        self._kept = registration
        self.get_registration()

    def get_registration_by_params(self, **_: Any) -> Registration:
        """The one there is."""
        return self._kept


class FlaskRequest(Request):
    """What lti1p3platform wants to know of a request."""

    def build_metadata(self, asked: Any) -> Any:
        """From Flask's."""
        return {
            "method": asked.method,
            "form_data": asked.form.to_dict(),
            "get_data": asked.args.to_dict(),
            "headers": asked.headers,
            "content_type": asked.content_type,
            "path": asked.path,
            "json": None,
        }


class Login(OIDCLoginAbstract):
    """The first step of a launch."""

    def set_lti_message_hint(self, hint: str) -> None:
        """Which launch it is."""
        self._lti_message_hint = hint

    def get_redirect(self, url: str) -> Any:
        """On to the tool."""
        return redirect(url)


class Launch(LTIAdvantageMessageLaunchAbstract):
    """The message of a launch."""

    def prepare_launch(self, preflight_response: dict[str, Any]) -> None:
        """Who, what and where."""
        launch = LAUNCHES.pop(preflight_response["lti_message_hint"])
        base = TOOLS[launch["tool"]].url
        role = INSTRUCTOR if launch["message"] == "pick" else LEARNER
        self.set_user_data(launch["user"], [role], full_name="Ann Tester")
        self.set_launch_context_claim("course-1", context_title="Onboarding")
        self.set_launch_url(launch["target"])
        if launch["message"] == "pick":
            self.set_dl(f"{base}/picked", accept_types={"ltiResourceLink"}, extra_data="opaque")
            return
        self.set_resource_link_claim(launch["link"], title="A course of the hub")
        self.set_ags(f"{base}/lineitems", f"{base}/lineitems/{launch['link']}")
        self.set_nrps(f"{base}/members")

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> Any:
        """A page with the form; lti1p3platform's own needs a module that setuptools no longer has."""
        return render_template_string(PAGE, **launch_data)


@app.get("/healthz")
def healthz() -> Any:
    """Whether it runs."""
    return jsonify(status="ok")


@app.get("/jwks")
def jwks() -> Any:
    """The platform's keys."""
    return jsonify(Tool("", "").config().get_jwks())


@app.post("/tools")
def add_tool() -> Any:
    """Register a hub; what its administrator enters there."""
    tool = Tool(f"client-{len(TOOLS) + 1}", request.form["hub"])
    TOOLS[tool.id] = tool
    return jsonify(
        url=tool.url,
        settings={
            "issuer": HOME,
            "client_id": tool.id,
            "authorize_url": f"{tool.url}/authorize",
            "token_url": f"{tool.url}/token",
            "jwks_url": f"{HOME}/jwks",
            "deployment_id": f"deployment-{tool.id}",
        },
    )


@app.get("/tools/<id>/open")
def open_link(id: str) -> Any:
    """Begin a launch: query ``user``, ``link``, ``target``, and ``message=pick`` to pick content."""
    hint = f"hint-{len(LAUNCHES)}-{request.args['user']}"
    LAUNCHES[hint] = {"tool": id, "message": "", "link": "", **request.args.to_dict()}
    login = Login(FlaskRequest(request), TOOLS[id].config(request.args["target"]))
    login.set_lti_message_hint(hint)
    return login.initiate_login(request.args["user"])


@app.route("/tools/<id>/authorize", methods=["GET", "POST"])
def authorize(id: str) -> Any:
    """The tool asks who it is."""
    return Launch(FlaskRequest(request), TOOLS[id].config()).lti_launch()


@app.post("/tools/<id>/token")
def token(id: str) -> Any:
    """A service token."""
    return jsonify(TOOLS[id].config().get_access_token(request.form.to_dict()))


@app.post("/tools/<id>/lineitems/<link>/scores")
def score(id: str, link: str) -> Any:
    """A score arrives."""
    if not _may(id, "score"):
        return jsonify(error="token"), 401
    TOOLS[id].scores.append({"link": link, **request.get_json(force=True)})
    return "", 200


@app.get("/tools/<id>/lineitems/<link>")
def line_item(id: str, link: str) -> Any:
    """A line item."""
    if not _may(id, "lineitem"):
        return jsonify(error="token"), 401
    item = {"id": request.base_url, "label": "A course of the hub", "scoreMaximum": 10}
    answer = jsonify(item)
    answer.content_type = "application/vnd.ims.lis.v2.lineitem+json"
    return answer


@app.get("/tools/<id>/scores")
def scores(id: str) -> Any:
    """What arrived."""
    return jsonify(TOOLS[id].scores)


@app.post("/tools/<id>/picked")
def picked(id: str) -> Any:
    """The answer of a deep linking request, as lti1p3platform reads it."""
    TOOLS[id].items = TOOLS[id].config().validate_deeplinking_resp(request.form.to_dict())
    return jsonify(TOOLS[id].items)


def _may(id: str, scope: str) -> bool:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        wanted = [f"https://purl.imsglobal.org/spec/lti-ags/scope/{scope}"]
        return bool(TOOLS[id].config().validate_token(token, wanted))
    except jwt.PyJWTError:
        return False


logging.getLogger("werkzeug").setLevel(logging.ERROR)
app.run("127.0.0.1", PORT, threaded=True)
