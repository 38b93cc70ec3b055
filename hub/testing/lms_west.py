"""LMS West: an LTI 1.3 platform with a gradebook and a roster, in which the hub is a tool.

``python -m hub.testing.lms_west --port 8105 --config west.json``
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request

from hub.testing.faults import Faults
from hub.testing.lti_platform import (
    AGS,
    CLAIM,
    DEEP_LINKING,
    NRPS,
    PLATFORM_FAULTS,
    LoginForm,
    LtiPlatform,
    PlatformConfig,
    add_platform_routes,
)
from hub.testing.outside import create_outside_app, wants_json
from hub.testing.serve import run_as_process
from hub.testing.west_services import Gradebook, Placed, WestPerson, add_services

LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
COURSE = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"


@dataclass(frozen=True, kw_only=True)
class WestConfig(PlatformConfig):
    """LMS West: the keys of `PlatformConfig`, its people, and what is placed in its one course.

    `page_size` is how many members a page of the roster has.
    """

    name: str = "LMS West"
    context: str = "course-1"
    context_title: str = "Onboarding"
    people: tuple[WestPerson, ...] = ()
    placed: tuple[Placed, ...] = ()
    page_size: int = 2


class West:
    """What LMS West knows. `west_of(app)` gives it to a test in the same process."""

    def __init__(self, config: WestConfig, faults: Faults) -> None:
        self.config = config
        self.platform = LtiPlatform(config, faults)
        self.people = {person.sub: person for person in config.people}
        self.gradebook = Gradebook(config.base_url, config.context, config.placed)
        self.picked: list[Mapping[str, Any]] = []

    def launch_form(self, sub: str, resource: str, **more: str) -> LoginForm:
        """Start a launch of something placed here for a person, "" for somebody unknown. KeyError for neither."""
        placed = self.gradebook.placed[resource]
        target = placed.target or f"{self.config.hub_url}/lti/tool/open/home"
        return self.platform.begin(sub, target, self.launch_claims(sub, placed), **more)

    def pick_form(self, sub: str, data: str = "west-data") -> LoginForm:
        """Start to pick content for the course (Deep Linking 2.0 section 4.2)."""
        settings = {
            "deep_link_return_url": f"{self.config.base_url}/lti/picked",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": data,
        }
        claims = {
            **self._person_claims(sub),
            f"{CLAIM}message_type": "LtiDeepLinkingRequest",
            f"{CLAIM}roles": [INSTRUCTOR],
            f"{DEEP_LINKING}deep_linking_settings": settings,
        }
        return self.platform.begin(sub, f"{self.config.hub_url}/lti/tool/open/pick", claims)

    def launch_claims(self, sub: str, placed: Placed) -> dict[str, Any]:
        """The claims that make a resource link request of something placed (LTI 1.3 section 5.3, AGS 3.1, NRPS 3.6)."""
        book, base = self.gradebook, self.config.base_url
        endpoint: dict[str, Any] = {
            "scope": [f"{AGS}scope/{name}" for name in ("lineitem", "score", "result.readonly")],
            "lineitems": book.line_items_url,
        }
        if placed.graded:
            endpoint["lineitem"] = book.line_item_url(placed.resource)
        return {
            **self._person_claims(sub),
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}resource_link": {"id": placed.resource, "title": placed.title},
            f"{CLAIM}roles": list(self.people[sub].roles) if sub else [LEARNER],
            f"{CLAIM}launch_presentation": {"document_target": "window", "return_url": f"{base}/"},
            f"{AGS}claim/endpoint": endpoint,
            f"{NRPS}claim/namesroleservice": {
                "context_memberships_url": f"{base}/lti/contexts/{self.config.context}/members",
                "service_versions": ["2.0"],
            },
        }

    def take_picked(self, token: str) -> list[Mapping[str, Any]]:
        """Place what was picked in the hub (Deep Linking 2.0 section 4.5); 400 or 401 for a wrong response."""
        claims = self.platform.verify(token)
        expected = {
            "iss": self.config.client_id,
            f"{CLAIM}message_type": "LtiDeepLinkingResponse",
            f"{CLAIM}deployment_id": self.config.deployment_id,
        }
        wrong = [name for name, value in expected.items() if claims.get(name) != value]
        audience = claims.get("aud")
        if self.config.base_url not in (audience if isinstance(audience, list) else [audience]):
            wrong.append("aud")
        if wrong:
            abort(400, f"This is not what was asked for: {', '.join(wrong)}.")
        items: list[Mapping[str, Any]] = claims.get(f"{DEEP_LINKING}content_items", [])
        self.picked.append(claims)
        for item in items:
            maximum = (item.get("lineItem") or {}).get("scoreMaximum")
            self.gradebook.place(str(item.get("title") or ""), str(item.get("url") or ""), maximum)
        return items

    def _person_claims(self, sub: str) -> dict[str, Any]:
        context = {"id": self.config.context, "title": self.config.context_title, "type": [COURSE]}
        person = self.people[sub] if sub else None
        shown = {"name": person.name, "email": person.email} if person else {}
        return {**shown, f"{CLAIM}context": context}


def west_of(app: Flask) -> West:
    """The LMS West that an app runs."""
    west = app.extensions["west"]
    if not isinstance(west, West):
        raise TypeError("this app is no LMS West")
    return west


def create_lms_west(config: WestConfig) -> Flask:
    """An LMS that launches the hub, and takes its scores into a gradebook."""
    faults = Faults(PLATFORM_FAULTS, config.slow_seconds)
    app = create_outside_app(config.name, "west", faults)
    west = app.extensions["west"] = West(config, faults)
    add_platform_routes(app, west.platform)
    add_services(app, west.platform, west.gradebook, config.people, config.page_size)
    _add_pages(app, west)
    return app


def _add_pages(app: Flask, west: West) -> None:
    def home() -> str:
        return render_template("west.html", west=west, grades=west.gradebook.grades())

    def start(sub: str, resource: str) -> Response:
        if sub not in west.people or resource not in west.gradebook.placed:
            abort(404, "There is no such person or course.")
        return _go(west.launch_form(sub, resource))

    def pick(sub: str) -> Response:
        if sub not in west.people:
            abort(404, "There is no such person.")
        return _go(west.pick_form(sub))

    def picked() -> Response:
        items = west.take_picked(request.form.get("JWT", ""))
        return jsonify(items) if wants_json() else make_response(redirect("/", 303))

    def gradebook() -> Response:
        return jsonify([grade.as_json() for grade in west.gradebook.grades()])

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/open/<sub>/<resource>", "start", start)
    app.add_url_rule("/pick/<sub>", "pick", pick)
    app.add_url_rule("/lti/picked", "picked", picked, methods=["POST"])
    app.add_url_rule("/gradebook", "gradebook", gradebook)


def _go(form: LoginForm) -> Response:
    """Send the browser to the hub by a form that posts itself, as most LMSs do."""
    page = render_template("west_post.html", url=form.url, fields=form.fields)
    return make_response(page)


if __name__ == "__main__":
    run_as_process(WestConfig, create_lms_west)
