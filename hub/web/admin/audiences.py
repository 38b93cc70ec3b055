"""Audiences: by which ways people come into each, and which plugins are on for it; and rules. They are written in files."""

import flask

from hub.audiences.rule_views import list_rules
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
    """Every audience and every rule."""
    with current_hub().reading() as uow:
        rows, rules = list_switches(uow), list_rules(uow)
    return flask.render_template("admin/audiences.html", rows=rows, ways=WAYS, rules=rules)
