"""The keys by which other systems know what comes from the hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.signing.keys import OVERLAP, Purpose, SigningKey, list_signing_keys, rotate_signing_key
from hub.web.admin.blueprint import blueprint
from hub.words.phrase import say

OLD = timedelta(days=365)
"""A key that has signed for so long should make way."""


@dataclass(frozen=True)
class Group:
    """The keys of one purpose, in words and with the address at which they are published."""

    purpose: Purpose
    title: str
    words: str
    path: str
    jwks_url: str = ""
    keys: tuple[SigningKey, ...] = ()


GROUPS: Mapping[str, Group] = {
    "lti": Group(
        "lti", "LTI", say("For launches, and for requests for tokens that go to LMSs."), "/lti/jwks"
    ),
    "oidc": Group(
        "oidc",
        say("Sign-in for systems"),
        say("For ID tokens of people who sign in elsewhere with the hub."),
        "/oauth/jwks",
    ),
}


@blueprint.get("/keys")
def signing_keys() -> str:
    """The keys that sign, and those before them."""
    settings = current_hub().settings
    with current_hub().reading() as uow:
        groups = [
            Group(
                group.purpose,
                group.title,
                group.words,
                group.path,
                settings.url(group.path),
                tuple(list_signing_keys(uow, group.purpose)),
            )
            for group in GROUPS.values()
        ]
        now = uow.now
    return flask.render_template("admin/signing_keys.html", groups=groups, now=now, old=OLD, overlap=OVERLAP)


@blueprint.post("/keys")
def rotate_keys() -> Response:
    """Sign with a new key from now on. Form: ``purpose``; LTI where it is left out."""
    group = GROUPS.get(flask.request.form.get("purpose", "lti"), GROUPS["lti"])
    with current_hub().unit_of_work() as uow:
        rotate_signing_key(uow, group.purpose)
    flask.flash("A new key signs from now on. The one before it stays published for a day.")
    return flask.redirect(flask.url_for("admin.signing_keys"), 303)
