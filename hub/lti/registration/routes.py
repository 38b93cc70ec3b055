"""Endpoints of ``hub.lti.registration``: what tools ask of the hub as platform, and the page on which it becomes a tool."""

import secrets

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.lti.refusals import Refused
from hub.lti.registration.addresses import address_problem, origin_of
from hub.lti.registration.drafts import ACTION
from hub.lti.registration.explain import explain
from hub.lti.registration.metadata import MAX_BYTES
from hub.lti.registration.platform_side import openid_configuration, refusal_answer, register_tool
from hub.lti.registration.tool_side import read_invitation, register_hub

MAX_FORM_BYTES = 32 * 1024


def add_to(blueprint: Blueprint) -> None:
    """Register the endpoints below ``/lti``."""
    blueprint.add_url_rule("/openid-configuration", view_func=configuration)
    blueprint.add_url_rule("/register", view_func=register, methods=["POST"])
    blueprint.add_url_rule("/tool/register/<code>", view_func=invitation)
    blueprint.add_url_rule("/tool/register/<code>", view_func=become_tool, methods=["POST"])


def configuration() -> Response:
    """The hub as platform, for tools (1EdTech Dynamic Registration 1.0, section 3.4)."""
    asked = request.args.get("registration", "")
    response = jsonify(openid_configuration(current_hub().settings, asked if is_id(asked) else ""))
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def register() -> Response:
    """A tool registers itself (RFC 7591, section 3): 201 with its registration, or an error as JSON."""
    hub = current_hub()
    request.max_content_length = MAX_BYTES
    try:
        registered = register_tool(
            hub,
            request.headers.get("Authorization", ""),
            request.get_data(cache=False),
            request.args.get("registration", ""),
        )
        response = make_response(jsonify(registered), 201)
    except RequestEntityTooLarge:
        hub.audit_refusal(ACTION, "too_large")
        response = _refused(Refused("too_large", "The registration is too large.", status=413))
    except Refused as refused:
        response = _refused(refused)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def invitation(code: str) -> Response:
    """What the platform's administrator is asked to confirm; the platform opens this (section 3.3)."""
    address, token = request.args.get("openid_configuration", ""), request.args.get("registration_token", "")
    try:
        invited = read_invitation(current_hub(), code, address, token)
    except HubError as error:
        return _failed(error, address)
    # Without the query, which holds the token already.
    action = url_for("lti.become_tool", code=code)
    values = {"invitation": invited, "action": action, "address": address, "token": token}
    return _page("lti/register.html", address, **values)


def become_tool(code: str) -> Response:
    """Register the hub at the platform, and tell the platform's window that it can be closed (section 3.7)."""
    request.max_content_length = MAX_FORM_BYTES
    address, token = request.form.get("openid_configuration", ""), request.form.get("registration_token", "")
    try:
        registered = register_hub(current_hub(), code, address, token)
    except HubError as error:
        return _failed(error, address)
    return _page("lti/register_done.html", address, registered=registered)


def _refused(refused: Refused) -> Response:
    answer = refusal_answer(refused)
    response = make_response(jsonify(answer.body), answer.status)
    response.headers.update(answer.headers)
    return response


def _failed(error: HubError, address: str) -> Response:
    response = _page("lti/register_failed.html", address, error=error, explanation=explain(error.code))
    response.status_code = error.status
    return response


def _page(template: str, configuration_url: str, **values: object) -> Response:
    """A page that the platform may frame: the one whose configuration is asked for, and nobody else."""
    nonce = secrets.token_urlsafe(16)
    framed_by = "'none'" if address_problem(configuration_url) else origin_of(configuration_url)
    response = make_response(render_template(template, nonce=nonce, **values))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; base-uri 'none';"
        f" form-action 'self'; frame-ancestors {framed_by}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address of this page holds a secret
    return response
