"""A teacher of LMS West who picks from the hub's catalogue, and what West gets."""

from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from hub.lti.vocabulary import DEEP_LINKING_CLAIM, DEEP_LINKING_REQUEST
from tests.lti.rig import Form
from tests.lti.tool.rig import INSTRUCTOR, West

SETTINGS = DEEP_LINKING_CLAIM + "deep_linking_settings"
RETURN_URL = "http://127.0.0.1:9/west/picked"


class Picking:
    """Ann teaches in LMS West."""

    def __init__(self, west: West) -> None:
        self.west = west

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What West would take; None leaves a setting out."""
        settings = {
            "deep_link_return_url": RETURN_URL,
            "accept_types": ["ltiResourceLink", "link"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": "west-data",
        } | changes
        return {name: value for name, value in settings.items() if value is not None}

    def ask(self, claims: dict[str, Any] | None = None, **settings: Any) -> TestResponse:
        """A deep linking request by its whole way: login, launch, redirect to the picker."""
        named: dict[str, Any] = {
            "x__message_type": DEEP_LINKING_REQUEST,
            "x__resource_link": None,
            "x__roles": [INSTRUCTOR],
            SETTINGS: self.settings(**settings),
        } | (claims or {})
        return self.west.launch(self.west.target("pick"), **named)

    def begin(self, claims: dict[str, Any] | None = None, **settings: Any) -> str:
        """The token of a picker that is open."""
        answer = self.ask(claims, **settings)
        assert answer.status_code == 303, answer.text
        return parse_qs(urlsplit(answer.location).query)["token"][0]

    def page(self, token: str) -> TestResponse:
        return self.west.get(f"/lti/tool/pick?token={token}")

    def press(self, token: str, do: str, *targets: str, **fields: str) -> TestResponse:
        """Press a button of the picker with these targets ticked."""
        form = {"token": token, "do": do, "target": [*targets], **fields}
        return self.west.client.post("/lti/tool/pick", data=form, base_url=self.west.base)

    def key(self, name: str, kind: str = "offering") -> str:
        return f"{kind}:{self.west.world.ids[name]}"

    def sent(self, page: TestResponse) -> dict[str, Any]:
        """The claims of the answer that a page posts to West, verified with the hub's keys."""
        form = Form(page.text)
        assert form.action == RETURN_URL
        published = self.west.get("/lti/jwks").json
        assert published is not None
        return jwt.decode(form.fields["JWT"], KeySet.import_key_set(published), algorithms=["RS256"]).claims


class Ticks(HTMLParser):
    """The targets of a picker, and which are ticked."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.kind = ""
        self.all: list[str] = []
        self.ticked: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name") == "target":
            self.kind = given["type"] or ""
            self.all.append(unescape(given["value"] or ""))
            if "checked" in given:
                self.ticked.append(self.all[-1])
