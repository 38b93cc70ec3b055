"""What both simulated LMSs share: an LTI 1.3 tool on pylti1p3 that the hub launches."""

import csv
import io
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import requests
from flask import Flask, Response, abort, jsonify, redirect, request, url_for
from pylti1p3.contrib.flask.cookie import FlaskCookieService
from pylti1p3.contrib.flask.launch_data_storage.cache import FlaskCacheDataStorage
from pylti1p3.contrib.flask.message_launch import FlaskMessageLaunch
from pylti1p3.contrib.flask.oidc_login import FlaskOIDCLogin
from pylti1p3.contrib.flask.request import FlaskRequest
from pylti1p3.exception import LtiException, OIDCException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.tool_config.dict import ToolConfDict
from werkzeug.exceptions import BadRequest

from hub.testing.configuration import OutsideConfig
from hub.testing.faults import Faults
from hub.testing.keys import key_from_pem, new_key, private_pem, public_pem
from hub.testing.outside import error_page

if TYPE_CHECKING:
    from pylti1p3.tool_config.dict import TIssConf

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"

TOOL_FAULTS: dict[str, str] = {
    "down": "Login and launch answer 503.",
    "slow": "Login and launch wait `slow_seconds` before they answer.",
    "jwks_empty": "The JWKS has no keys.",
    "jwks_500": "The JWKS answers 500.",
    "other_key": "Assertions for the token endpoint are signed by another key under the published kid.",
}


@dataclass(frozen=True)
class Course:
    """A course this LMS offers. `course` is its id here; `minutes` is how long it takes."""

    course: str
    title: str
    description: str = ""
    minutes: int | None = None


@dataclass(frozen=True, kw_only=True)
class ToolConfig(OutsideConfig):
    """An LTI 1.3 tool and the one platform that may launch it.

    `hub_url` is the platform's issuer; `client_id` and `deployment_id` are what the platform gave this tool.
    `timeout` is how many seconds the tool waits for the hub. `courses` are listed at /catalogue.csv.
    """

    hub_url: str
    client_id: str
    deployment_id: str
    name: str = "LMS"
    timeout: float = 10.0
    courses: tuple[Course, ...] = ()


@dataclass(frozen=True)
class Launch:
    """One validated launch. `message` is pylti1p3's own object; the claims are those of the id_token."""

    launch_id: str
    claims: Mapping[str, Any]
    message: MessageLaunch[Any, Any, Any, Any]

    @property
    def sub(self) -> str:
        """The learner's subject at the platform."""
        return str(self.claims["sub"])

    @property
    def email(self) -> str:
        """The learner's e-mail address, or ""."""
        return str(self.claims.get("email") or "")

    @property
    def learner(self) -> str:
        """The learner's name, as far as the platform told it."""
        parts = (self.claims.get("given_name"), self.claims.get("family_name"))
        return str(self.claims.get("name") or " ".join(part for part in parts if part) or "Learner")

    @property
    def custom(self) -> Mapping[str, str]:
        """The custom parameters."""
        return self.claims.get(f"{CLAIM}custom") or {}

    @property
    def course(self) -> str:
        """The course: custom parameter `course`, or the id of the resource link."""
        return str(self.custom.get("course") or self.claims[f"{CLAIM}resource_link"]["id"])

    @property
    def title(self) -> str:
        """The title of the course, or its id."""
        link = self.claims.get(f"{CLAIM}resource_link") or {}
        context = self.claims.get(f"{CLAIM}context") or {}
        return str(link.get("title") or context.get("title") or self.course)

    @property
    def back_url(self) -> str:
        """Where "Back to the hub" leads: the return URL of the launch if it is a web address, or ""."""
        presentation = self.claims.get(f"{CLAIM}launch_presentation") or {}
        url = str(presentation.get("return_url") or "")
        return url if url.startswith(("http://", "https://")) else ""


class LaunchCache:
    """A cache in the memory of one process, with the two methods that pylti1p3 asks for."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, object]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> object:
        """The value, or None when it is missing or too old."""
        until, value = self._values.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def set(self, key: str, value: object, seconds: float | None = None) -> None:
        """Keep `value` for `seconds`, or for a day; drop what is too old."""
        now = time.monotonic()
        with self._lock:
            self._values = {old: entry for old, entry in self._values.items() if entry[0] > now}
            self._values[key] = (now + (seconds or 86_400), value)


class HubSession(requests.Session):
    """Requests to the hub, with the timeout that pylti1p3 does not set, keeping every answer it got."""

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self.trust_env = False
        self.timeout = timeout
        self.answers: list[requests.Response] = []

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests."""
        kwargs.setdefault("timeout", self.timeout)
        answer = super().request(method, url, *args, **kwargs)
        self.answers.append(answer)
        return answer


class _Storage(FlaskCacheDataStorage):
    """Binds launches to the browser on plain http too, where pylti1p3 would let any browser use any launch."""

    def get_session_cookie_name(self) -> str:
        return "session"


class _Cookies(FlaskCookieService):
    """Cookies under a prefix of their own. On plain http pylti1p3 sets neither Secure nor SameSite=None."""

    def __init__(self, flask_request: FlaskRequest, prefix: str) -> None:
        super().__init__(flask_request)  # type: ignore[no-untyped-call]
        self._cookie_prefix = prefix


class _Registration(ToolConfDict):
    """The one platform this tool knows. Refuses others with an LtiException; the base class raises a bare Exception."""

    def __init__(self, config: ToolConfig, signing_key: str, published_key: str) -> None:
        # In the base class this dict belongs to the class: two tools in one process would share it.
        self.issuers_relation_types = {}
        platform: TIssConf = {
            "client_id": config.client_id,
            "auth_login_url": f"{config.hub_url}/lti/authorize",
            "auth_token_url": f"{config.hub_url}/lti/token",
            "key_set_url": f"{config.hub_url}/lti/jwks",
            "deployment_ids": [config.deployment_id],
        }
        super().__init__({config.hub_url: platform})
        self.set_private_key(config.hub_url, signing_key)
        self.set_public_key(config.hub_url, published_key)
        self._issuer = config.hub_url

    def get_iss_config(self, iss: str, client_id: str | None = None) -> Any:
        if iss != self._issuer:
            raise LtiException(f"This LMS is not registered with {iss}.")
        return super().get_iss_config(iss, client_id)


class LtiTool:
    """The tool side of LTI 1.3 for one LMS: login, launch, keys and launches in progress."""

    def __init__(self, config: ToolConfig, cookie_prefix: str, faults: Faults) -> None:
        self.config = config
        self.faults = faults
        self.cache = LaunchCache()
        self.launch_url = f"{config.base_url}/lti/launch"
        self._cookie_prefix = cookie_prefix
        key = key_from_pem(config.private_key_pem)
        self._registration = _Registration(config, private_pem(key), public_pem(key))

    @cached_property
    def _rogue_registration(self) -> _Registration:
        published = self._registration.get_public_key(self.config.hub_url)
        return _Registration(self.config, private_pem(new_key()), published)

    def login(self) -> Response:
        """Third-party initiated login (OpenID Connect Core section 4): on to the hub's authorize URL."""
        asked = request.values
        if asked.get("client_id", self.config.client_id) != self.config.client_id:
            raise OIDCException("This LMS has another client_id.")
        if asked.get("target_link_uri") != self.launch_url:
            raise OIDCException("The target_link_uri is not of this LMS.")
        login = FlaskOIDCLogin(tool_config=self._registration, **self._browser())
        answer: Response = login.redirect(self.launch_url)
        return answer

    def launch(self) -> str:
        """Validate the posted id_token (LTI 1.3 section 5.1.3) and return the id of the launch."""
        with HubSession(self.config.timeout) as session:
            message = FlaskMessageLaunch(
                tool_config=self._registration, requests_session=session, **self._browser()
            )
            message.validate()
            return str(message.get_launch_id())

    def find_launch(self, launch_id: str, session: HubSession) -> Launch:
        """A launch of this browser; calls to the hub's services go through `session`. Raises LtiException if unknown."""
        registration = self._rogue_registration if "other_key" in self.faults else self._registration
        message = FlaskMessageLaunch.from_cache(
            launch_id, tool_config=registration, requests_session=session, **self._browser()
        )
        return Launch(launch_id, message.get_launch_data(), message)

    def jwks(self) -> Any:
        """The tool's public keys."""
        return {"keys": []} if "jwks_empty" in self.faults else self._registration.get_jwks()

    def _browser(self) -> dict[str, Any]:
        """What pylti1p3 wants to know about the browser of this request."""
        flask_request = FlaskRequest()
        return {
            "request": flask_request,
            "cookie_service": _Cookies(flask_request, self._cookie_prefix),
            "launch_data_storage": _Storage(self.cache),  # type: ignore[no-untyped-call]
        }


def add_lti_routes(app: Flask, tool: LtiTool) -> None:
    """/lti/login, /lti/launch and /lti/jwks. A launch goes on to the endpoint `course`, which the LMS adds itself."""

    def login() -> Response:
        _suffer(tool.faults)
        return tool.login()

    def launch() -> Any:
        _suffer(tool.faults)
        if request.form.get("error"):
            text = request.form.get("error_description") or request.form["error"]
            abort(403, f"The hub did not start the course: {text}")
        return redirect(url_for("course", launch_id=tool.launch()), 303)

    def jwks() -> Response:
        if "jwks_500" in tool.faults:
            abort(500, "The JWKS is broken (a switched-on fault).")
        return jsonify(tool.jwks())

    app.add_url_rule("/lti/login", "lti_login", login, methods=["GET", "POST"])
    app.add_url_rule("/lti/launch", "lti_launch", launch, methods=["POST"])
    app.add_url_rule("/lti/jwks", "lti_jwks", jwks)
    app.add_url_rule(
        "/catalogue.csv", "catalogue", lambda: Response(_catalogue(tool.config), mimetype="text/csv")
    )
    app.register_error_handler(LtiException, _refuse)
    app.register_error_handler(OIDCException, _refuse)


def _catalogue(config: ToolConfig) -> str:
    """The courses in the form that the hub's plugin csv_catalogue reads."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["external_id", "key", "title", "activity_id", "description", "minutes", "launch"])
    for c in config.courses:
        activity = f"{config.base_url}/courses/{c.course}"
        rows.writerow(
            [
                c.course,
                c.course,
                c.title,
                activity,
                c.description,
                c.minutes,
                json.dumps({"course": c.course}),
            ]
        )
    return text.getvalue()


def _suffer(faults: Faults) -> None:
    if "slow" in faults:
        time.sleep(faults.slow_seconds)
    if "down" in faults:
        abort(503, "This learning system is down for maintenance. Try again later.")


def _refuse(error: Exception) -> Response:
    return error_page(BadRequest(f"{error} Go back to the hub and start the course again."))
