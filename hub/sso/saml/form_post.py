"""The HTTP-POST binding (SAML Bindings 2.0, section 3.5), the hub's side: a signed message in a form that the browser posts."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

import flask
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree
from werkzeug import Response

from hub.sso.saml.redirect_binding import Kind
from hub.sso.saml.sign import signed
from hub.sso.saml.xml import parse_message


@dataclass(frozen=True)
class FormPost:
    """A form that a browser posts to another system."""

    address: str
    fields: Mapping[str, str]


def signed_form(
    address: str, kind: Kind, xml: bytes, relay_state: str, key: RSAPrivateKey, certificate: str
) -> FormPost:
    """The form that carries a message to the other side, signed. ``certificate`` is the key's, in bare base64."""
    message = etree.tostring(signed(parse_message(xml), key, certificate))
    fields = {kind: b64encode(message).decode()}
    return FormPost(address, fields | ({"RelayState": relay_state} if relay_state else {}))


def form_page(post: FormPost, name: str, title: str = "") -> Response:
    """A page that posts by itself and, where scripts are off, by its button; it loads nothing. ``name`` is the other side's,
    ``title`` says what happens where that is not opening it.

    Its policy names no form-action: browsers apply it to the redirects after a form too, which lead on inside that system.
    """
    nonce = secrets.token_urlsafe(16)
    response = flask.make_response(
        flask.render_template(
            "saml/form_post.html", post=post, name=name, title=title or f"Opening {name}", nonce=nonce
        )
    )
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    # With no-referrer browsers would post with "Origin: null", which other systems take for an attack.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
