"""Launches: what the hub hands over when somebody starts a course."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from hub.app import open_worker
from hub.errors import Missing
from hub.lti.authorize import authorize
from hub.lti.launch import start_launch
from hub.lti.platform_keys import published_keys
from hub.lti.tools import add_tool, read_tool
from hub.runtime import Hub
from hub.testing.small_hub.courses import Course
from hub.testing.small_hub.network import SmallNetwork
from hub.testing.small_hub.people import Person

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


@dataclass(frozen=True)
class Launch:
    """A launch that the hub has signed. ``claims`` are those of its id_token, checked with the hub's published keys."""

    claims: Mapping[str, Any] = field(hash=False)

    @property
    def custom(self) -> Mapping[str, str]:
        """The custom parameters."""
        return dict(self.claims.get(f"{CLAIM}custom") or {})

    @property
    def subject(self) -> str:
        """Who it is, as this learning system knows the person."""
        return str(self.claims["sub"])

    @property
    def title(self) -> str:
        """What is started."""
        return str(self.claims[f"{CLAIM}resource_link"]["title"])


@dataclass(frozen=True)
class _Browser:
    """The web session that starts a launch."""

    person_id: str
    token_hash: str = "of a test"


@dataclass
class MakeLaunch:
    """``launch(ann, brakes)``: what the course's system gets when somebody starts it. Missing where nothing asks them to."""

    network: SmallNetwork = field(repr=False)

    def __call__(self, person: Person, course: Course) -> Launch:
        """Goes both steps of LTI 1.3, without a browser."""
        hub = self.network.hub
        open_worker(hub).drain()
        _make_tool(hub, course)
        begun = start_launch(hub, person.id, course.id, _Browser(person.id).token_hash)
        asked = {
            "client_id": begun.fields["client_id"],
            "login_hint": begun.fields["login_hint"],
            "lti_message_hint": begun.fields["lti_message_hint"],
            "redirect_uri": f"{_address(course)}/launch",
            "response_type": "id_token",
            "response_mode": "form_post",
            "scope": "openid",
            "prompt": "none",
            "nonce": "of-a-test",
        }
        post = authorize(hub, {name: [value] for name, value in asked.items()}, _Browser(person.id))
        if "id_token" not in post.fields:
            raise AssertionError(f"the launch was refused: {post.fields.get('error_description')}")
        keys = KeySet.import_key_set(published_keys(hub))  # type: ignore[arg-type]
        return Launch(jwt.decode(post.fields["id_token"], keys, algorithms=["RS256"]).claims)


def _make_tool(hub: Hub, course: Course) -> None:
    """Register the course's system as an LTI tool, if it is none yet."""
    with hub.unit_of_work() as uow:
        try:
            read_tool(uow, course.lms_id)
        except Missing:
            url = _address(course)
            add_tool(
                uow,
                course.lms_id,
                login_url=f"{url}/login",
                launch_url=f"{url}/launch",
                jwks_url=f"{url}/jwks",
            )


def _address(course: Course) -> str:
    parts = urlsplit(course.activity_id)
    return f"{parts.scheme}://{parts.netloc}/lti"
