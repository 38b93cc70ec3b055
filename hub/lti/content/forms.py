"""Forms that come from other systems, and the page that posts one to them."""

import secrets

from flask import Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from hub.flask_hub import current_hub
from hub.lti.authorize import FormPost
from hub.lti.refusals import Refused


def form_page(post: FormPost, frame_ancestors: str = "'none'") -> Response:
    """A page that posts by itself and, where scripts are off, by its button; it loads nothing.

    ``frame_ancestors`` are the origins that may show it in a frame (CSP Level 3, 6.4.2).

    Its policy names no form-action: LMSs redirect after the post, and browsers apply form-action to that too.
    """
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template("lti/form_post.html", post=post, nonce=nonce))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; base-uri 'none';"
        f" frame-ancestors {frame_ancestors}"
    )
    response.headers["Cache-Control"] = "no-store"
    # With no-referrer browsers would post with "Origin: null", which other systems take for an attack.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def read_form(action: str, limit: int) -> MultiDict[str, str]:
    """The form of this request, of at most ``limit`` bytes; one audit row of ``action`` for a larger one."""
    request.max_content_length = request.max_form_memory_size = limit
    try:
        return request.form
    except RequestEntityTooLarge:
        current_hub().audit_refusal(action, "too_large")
        raise Refused("too_large", "The answer is too large.", status=413) from None
