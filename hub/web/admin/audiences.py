"""Audiences: by which ways people come into each, and which plugins are on for it. They are changed by their files."""

import flask

from hub.audiences.views import list_switches
from hub.flask_hub import current_hub
from hub.web.admin.blueprint import blueprint

WAYS = {
    "sign_in": "their employer's sign-in",
    "scim": "SCIM",
    "invitation": "an operator's invitation",
    "file": "the network files",
    "self_registration": "registering themselves",
    "partner_admin": "their partner admin",
}
"""The modes in words, as a sentence ends with them."""


@blueprint.get("/audiences")
def audiences() -> str:
    """Every audience."""
    with current_hub().reading() as uow:
        rows = list_switches(uow)
    return flask.render_template("admin/audiences.html", rows=rows, ways=WAYS)
