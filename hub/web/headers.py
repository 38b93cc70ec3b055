"""What every answer tells browsers: where things may be loaded from, framed and sent to."""

import flask

from hub.flask_hub import current_hub

STATIC_SECONDS = 365 * 24 * 3600


def allow_leaving() -> None:
    """Let this page's forms lead to other systems: to an identity provider, or to an LMS.

    Browsers hold form-action against every redirect that follows a form too. Which hosts a provider or an LMS passes
    through is theirs to decide, so any https host is allowed on the pages that have such forms, and on no others.
    """
    is_https = current_hub().settings.is_https
    flask.g.form_action = "'self' https:" + ("" if is_https else " http://127.0.0.1:* http://localhost:*")


def set_headers(response: flask.Response) -> flask.Response:
    """Complete the headers of an answer; registered with ``after_request``. What a route has set stays."""
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = _policy()
        headers["X-Frame-Options"] = "DENY"
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Forms of ours must carry a referrer to ourselves; nobody else learns which page somebody came from.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if current_hub().settings.is_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if (flask.request.endpoint or "").endswith("static") and response.status_code == 200:
        _let_keep(response)
    elif response.mimetype == "text/html":
        headers.setdefault(
            "Cache-Control", "no-store"
        )  # pages are about one person, and change by themselves
    return response


def _policy() -> str:
    form_action = flask.g.get("form_action", "'self'")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        f" connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {form_action}"
    )


def _let_keep(response: flask.Response) -> None:
    """A file whose address names its content never changes; others are asked for again."""
    response.cache_control.no_cache = None
    if "v" in flask.request.args:
        response.cache_control.public = True
        response.cache_control.max_age = STATIC_SECONDS
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
