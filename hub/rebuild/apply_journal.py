"""Applying the journal of changes: which function of which area writes which kind of change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from hub.access.roles import CHANGED as PARTNER_ADMIN_CHANGED
from hub.access.roles import apply_partner_admin
from hub.audiences.assigning.notes import PLUGIN_NOTED, PLUGIN_REMOVED, apply_notes, apply_removed_plugin
from hub.audiences.assigning.opinions import apply_opinions
from hub.audiences.profiles.profile import PROFILE_CHANGED, PROFILE_REMOVED
from hub.audiences.profiles.read_profiles import apply_profile, apply_removed_profile
from hub.audiences.profiles.run_workflows import apply_acted
from hub.audiences.profiles.workflows import WORKFLOW_ACTED
from hub.audiences.remote.answers import REMOTE_ANSWERED
from hub.audiences.remote.questions import REMOTE_ASKED, apply_questions
from hub.audiences.rules.partner_switches import PARTNER_SWITCHED, apply_partner_switch
from hub.audiences.rules.rule import (
    RULE_REMOVED,
    apply_audience,
    apply_removed_rule,
    apply_rule,
    apply_switch,
)
from hub.errors import HubError
from hub.network.apply_changes import CHANGE_KINDS, apply_changes
from hub.network.people.identities import UNLINKED, apply_unlinked
from hub.network.people.merge import apply_moved
from hub.network.people.merges import MOVED
from hub.network.people.person import apply_role
from hub.network.structure.apply_nodes import apply_nodes
from hub.network.systems.connections import apply_connection, apply_email_domain, apply_no_email_domain
from hub.store import UnitOfWork
from hub.training.completing.policies import CHANGED as POLICY_CHANGED
from hub.training.completing.policies import apply_policy
from hub.training.courses.offerings import apply_offering, apply_path
from hub.training.goals.decisions import DECIDED, apply_decisions

Body = Mapping[str, Any]
Apply = Callable[[UnitOfWork, Sequence[Body]], None]


def _each(apply: Callable[[UnitOfWork, Body], None]) -> Apply:
    def apply_all(uow: UnitOfWork, bodies: Sequence[Body]) -> None:
        for body in bodies:
            apply(uow, body)

    return apply_all


def _network(kind: str) -> Apply:
    # Nodes that were moved together need not stand in one batch of the journal.
    return partial(apply_nodes, partly=True) if kind == "node_changed" else partial(_apply_network, kind)


def _apply_network(kind: str, uow: UnitOfWork, bodies: Sequence[Body]) -> None:
    apply_changes(uow, kind, bodies)


APPLY: Mapping[str, Apply] = {
    **{kind: _network(kind) for kind in CHANGE_KINDS},
    "connection_changed": _each(apply_connection),
    "email_domain_routed": _each(apply_email_domain),
    "email_domain_unrouted": _each(apply_no_email_domain),
    "role_granted": _each(apply_role),
    UNLINKED: _each(apply_unlinked),
    MOVED: _each(apply_moved),
    PARTNER_ADMIN_CHANGED: _each(apply_partner_admin),
    "offering_changed": _each(apply_offering),
    "path_changed": _each(apply_path),
    POLICY_CHANGED: _each(apply_policy),
    "rule_changed": _each(apply_rule),
    "audience_changed": _each(apply_audience),
    "plugin_switched": _each(apply_switch),
    PARTNER_SWITCHED: _each(apply_partner_switch),
    RULE_REMOVED: _each(apply_removed_rule),
    PROFILE_CHANGED: _each(apply_profile),
    PROFILE_REMOVED: _each(apply_removed_profile),
    WORKFLOW_ACTED: apply_acted,
    PLUGIN_NOTED: apply_notes,
    PLUGIN_REMOVED: _each(apply_removed_plugin),
    "opinions_given": apply_opinions,
    REMOTE_ASKED: apply_questions,
    REMOTE_ANSWERED: apply_opinions,
    DECIDED: apply_decisions,
}
"""Kinds of change that decide what is derived."""

KEPT_BY_ADAPTERS = frozenset(
    {
        "api_token_changed",
        "catalogue_source_changed",
        "cmi5_course_imported",
        "course_access_given",
        "domain_claim_changed",
        "external_record_changed",
        "identity_provider_changed",
        "line_item_changed",
        "line_item_removed",
        "lti_consumer_key_changed",
        "lti_deployment_changed",
        "lti_notice_handler_changed",
        "lti_placement_changed",
        "lti_placement_entered",
        "lti_platform_changed",
        "lti_platform_deployment_changed",
        "lti_registration_changed",
        "lti_tool_changed",
        "offering_placed",
        "oidc_client_changed",
        "platform_key_rotated",
        "plugin_asked_again",
        "receiving_store_changed",
        "registration_page_changed",
        "retention_rule_changed",
        "retention_rule_removed",
        "scim_group_place_changed",
        "scim_group_role_changed",
        "scim_token_changed",
        "saml_client_changed",
        "saml_key_rotated",
        "saml_provider_changed",
        "setup_link_changed",
        "sign_in_door_changed",
        "sign_in_door_removed",
        "sign_in_policy_changed",
        "theme_changed",
        "theme_removed",
        "xapi_credential",
        "webhook_changed",
    }
)
"""Kinds that only the protocols' own tables rest on, rules of retention, and what has people looked at anew; they decide nothing about people, goals or credits."""


def apply_journal(uow: UnitOfWork, changes: Iterable[sa.Row[Any]]) -> None:
    """Write what these changes say, in their order. HubError ``unknown_change`` for a kind nobody here knows."""
    for kind, same in groupby(changes, key=lambda change: change.kind):
        if kind in KEPT_BY_ADAPTERS:
            continue
        if kind not in APPLY:
            raise HubError(
                "unknown_change",
                f"The journal has changes of the kind {kind}, which this version of the hub does not know.",
                "Use the version that wrote them, or a newer one.",
            )
        APPLY[kind](uow, [change.body for change in same])
