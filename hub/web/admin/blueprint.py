"""The blueprint that the modules beside this one add their pages to. Everything in it is for operators."""

import flask

from hub.web.viewer import require_operator, require_sign_in, require_strong_sign_in

blueprint = flask.Blueprint("admin", __name__, url_prefix="/admin")
blueprint.before_request(require_sign_in)
blueprint.before_request(require_operator)
blueprint.before_request(require_strong_sign_in)

SECTIONS = (
    ("", (("overview", "Overview"),)),
    (
        "People",
        (
            ("learners", "Learners"),
            ("invitations", "Invitations"),
            ("partner_admins", "Partner admins"),
            ("sign_ins", "Sign-ins"),
        ),
    ),
    (
        "Training",
        (
            ("audiences", "Audiences"),
            ("profiles", "Profiles"),
            ("policies", "Completion"),
            ("credits", "Credits"),
            ("statements", "Statements"),
            ("courses", "cmi5 courses"),
        ),
    ),
    (
        "Systems",
        (
            ("connections", "Connections"),
            ("launches", "Launches"),
            ("deliveries", "Deliveries"),
            ("credentials", "Credentials"),
            ("api_tokens", "API tokens"),
            ("webhooks", "Webhooks"),
            ("receiving_stores", "Receiving stores"),
        ),
    ),
    (
        "This hub",
        (
            ("plugins", "Plugins"),
            ("themes", "Themes"),
            ("mails", "Mails"),
            ("readers", "Readers"),
            ("retention", "Retention"),
            ("erasure", "Erasure"),
            ("audit", "Audit trail"),
        ),
    ),
)
"""Headings, and below each the endpoints and titles, in the order of the menu."""

CONNECTION_TABS = (
    ("connections", "All"),
    ("registrations", "Registrations"),
    ("setup_links", "Setup links"),
    ("provisioning", "Provisioning"),
    ("expiring", "Expiring"),
    ("clients", "Sign-in for systems"),
    ("catalogues", "Catalogues"),
    ("signing_keys", "Signing keys"),
)
"""Endpoints and titles of the pages about connections."""


@blueprint.context_processor
def menu() -> dict[str, object]:
    """The sections, for the layout of these pages."""
    return {"sections": SECTIONS, "connection_tabs": CONNECTION_TABS}
