"""The form of the HTTP-POST binding (SAML Bindings 2.0, section 3.5), as browsers bring it."""

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from hub.sso.refusals import not_verified
from hub.sso.saml.consume import MAX_FORM


def read_posted(*kinds: str) -> tuple[str, str, str]:
    """Which kind of message was posted, the message, and the RelayState; what is not there is empty.

    Refuses ``message_too_large`` and ``repeated_parameter``.
    """
    request = flask.request
    request.max_content_length = request.max_form_memory_size = MAX_FORM
    try:
        form = request.form
    except RequestEntityTooLarge:
        raise not_verified("message_too_large") from None
    both = "SAMLResponse" in form and "SAMLRequest" in form
    if both or any(len(form.getlist(name)) > 1 for name in (*kinds, "RelayState")):
        raise not_verified("repeated_parameter")
    kind = next((kind for kind in kinds if kind in form), "")
    return kind, form.get(kind, ""), form.get("RelayState", "")
