"""The keys by which other systems know what comes from the hub."""

from datetime import timedelta

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.lti.platform_keys import OVERLAP, list_platform_keys, rotate_platform_key
from hub.web.admin.blueprint import blueprint

OLD = timedelta(days=365)
"""A key that has signed for so long should make way."""


@blueprint.get("/keys")
def signing_keys() -> str:
    """The key that signs, and those before it."""
    with current_hub().reading() as uow:
        keys, now = list_platform_keys(uow), uow.now
    return flask.render_template(
        "admin/signing_keys.html",
        keys=keys,
        now=now,
        old=OLD,
        overlap=OVERLAP,
        jwks_url=current_hub().settings.url("/lti/jwks"),
    )


@blueprint.post("/keys")
def rotate_keys() -> Response:
    """Sign with a new key from now on."""
    with current_hub().unit_of_work() as uow:
        rotate_platform_key(uow)
    flask.flash("A new key signs from now on. The one before it stays published for a day.")
    return flask.redirect(flask.url_for("admin.signing_keys"), 303)
