"""The partner whose people and systems somebody looks after, for the pages about them."""

import flask

from hub.access.roles import administered_partners
from hub.errors import NotAllowed
from hub.flask_hub import current_hub
from hub.web.viewer import current_viewer


def own_partner(action: str) -> str:
    """The partner that the request is about: the one it names, or the only one.

    NotAllowed ``not_partner_admin``, which the audit trail has under ``action``.
    """
    hub, admin_id, wanted = current_hub(), current_viewer().person.id, flask.request.values.get("partner", "")
    with hub.reading() as uow:
        mine = administered_partners(uow, admin_id)
    if mine and not wanted:
        return next(iter(mine))
    if wanted in mine:
        return wanted
    hub.audit_refusal(action, "not_partner_admin", actor_id=admin_id)
    raise NotAllowed(
        "not_partner_admin",
        "This page is for those who look after a partner's people.",
        "Ask an operator of the training hub for the role.",
    )
