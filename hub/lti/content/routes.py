"""Endpoints of deep linking: the answer of a tool, and with ``pick_routes`` the page where people of another LMS pick."""

from typing import cast

import flask
from flask import Blueprint, Response, redirect, request

from hub.flask_hub import current_hub
from hub.lti.authorize import FormPost
from hub.lti.content import pick_routes
from hub.lti.content.forms import form_page, read_form
from hub.lti.content.response import MAX_BYTES, receive_content
from hub.lti.login_hint import WebSession


def add_to(blueprint: Blueprint) -> None:
    """Register the endpoints below ``/lti``."""
    blueprint.add_url_rule("/content", "content", content, methods=["POST"])
    pick_routes.add_to(blueprint)


def content() -> Response:
    """A tool's answer to a deep linking request, brought by the browser (Deep Linking 2.0, section 4.5)."""
    hub, session = current_hub(), cast(WebSession | None, flask.g.get("session"))
    form = read_form("lti_content", MAX_BYTES).to_dict(flat=False)
    if session is None and "again" not in form:
        # Browsers send no SameSite=Lax cookie with a POST from another site, but with one from a page of the hub.
        fields = {"JWT": form.get("JWT", [""])[0], "again": "1"}
        return form_page(FormPost(request.path, fields, "the hub"))
    answered = receive_content(hub, form, session)
    page = f"/admin/connections/{answered.slug}/content/{answered.request_id}"
    return cast(Response, redirect(page, code=303))
