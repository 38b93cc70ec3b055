"""What people and systems did, or were refused: the audit trail in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flask

from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal.listed import ROWS
from hub.journal.views import AuditRow, list_audit
from hub.network.views import names_of_connections, names_of_partners, names_of_people
from hub.training.credit.views import titles_of_offerings
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import PersonFilter, read_choice, read_person_filter, read_position
from hub.web.language import _
from hub.words.phrase import say

OUTCOMES = ("done", "refused")
OUTCOME_WORDS = {"": say("All outcomes"), "done": say("Done"), "refused": say("Refused")}
SIGN_INS = ("sign_in", "sign_out")
LAUNCHES = ("launch", "launch_begun")
OF_COURSES = (*LAUNCHES, "cmi5_course_imported", "cmi5_waived")
"""Actions whose subject is an offering."""

DONE_WORDS = {
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "session_ended": "Ended a sign-in",
    "backchannel_logout": "Signed out at the provider",
    "identity_provider_changed": "Identity provider changed",
    "connection_switched": "Connection switched",
    "launch_begun": "Went to the LMS for a course",
    "launch": "Opened a course",
    "score": "Score received",
    "plugin_switched": "Switched a plugin",
    "plugin_set_aside": "Set a plugin aside",
    "plugin_taken_back": "Took a plugin back",
    "plugin_switched_for_partner": "Switched a plugin for a partner",
    "rule_changed": "Rule changed",
    "theme_changed": "Theme changed",
    "theme_removed": "Theme removed",
    "bulk_change_started": "Changed many locations",
    "waiting_row_forgotten": "Let a waiting row be",
    "people_exported": "Took a list of people away",
    "audience_changed": "Audience changed",
    "profile_changed": "Profile of audiences changed",
    "profile_removed": "Profile of audiences taken away",
    "external_record_changed": "Training elsewhere declared, judged or removed",
    "assignment_tried_again": "Goals of people put aside worked out again",
    "goal_given": "Goal given",
    "goal_chosen": "Course chosen",
    "goal_waived": "Goal waived",
    "decision_withdrawn": "Decision about a goal ended",
    "reviews_looked_at": "Looked at performance reviews",
    "rule_removed": "Rule of a profile taken away",
    "role_granted": "Role granted",
    "role_withdrawn": "Role taken back",
    "look_begun": "Began to look at somebody's pages",
    "look_ended": "Stopped looking at somebody's pages",
    "person_seen": "Read all about somebody",
    "statements_exported": "Saved statements into files",
    "backup_written": "Wrote a backup",
    "audit_exported": "Saved the audit trail into a file",
    "mail_read": "Opened a mail that was not sent",
    "mail_dropped": "Let a mail be",
    "digests_stopped": "Wants no more mails about training",
    "mails_queued": "Sent the mails that waited",
    "mail_tested": "Wrote a test mail",
    "secrets_rotated": "Stored secrets sealed with a new key",
    "audiences_applied": "Audiences and rules applied",
    "api_write": "Changed something by a program",
    "webhook_created": "Webhook made",
    "remote_plugin_added": "Remote plugin connected",
    "remote_plugin_ended": "Remote plugin ended",
    "webhook_ended": "Webhook ended",
    "webhook_resent": "Webhook told again what was given up",
    "webhook_tried": "Webhook sent a test",
    "tool_connected": "LMS connected",
    "tool_disabled": "LMS switched off",
    "tool_enabled": "LMS switched on",
    "tool_updated": "LMS changed",
    "tool_approved": "LMS approved",
    "tool_refused": "LMS not approved",
    "platform_connected": "LMS that opens the hub connected",
    "platform_disabled": "LMS that opens the hub switched off",
    "platform_enabled": "LMS that opens the hub switched on",
    "platform_key_rotated": "New signing key",
    "deployment_changed": "Deployment changed",
    "deployment_decided": "Decided on a deployment",
    "lti_entry": "Came in from an LMS",
    "lti_link": "Linked an account of an LMS",
    "lti_carried_over": "Known again by the id of LTI 1.1",
    "consumer_key_changed": "Old consumer key of an LMS changed",
    "notice_handler_changed": "LMS said where it wants to be told",
    "lti_content": "Chose courses in an LMS",
    "lti_pick": "Chose courses for an LMS",
    "lti_registration": "Registration of an LMS",
    "setup_link": "Setup link",
    "domain": "Domain of a sign-in",
    "connection_contact": "Who is told about a sign-in",
    "partner_added": "Partner added",
    "brand_added": "Brand added",
    "appointed": "Appointed",
    "appointment_ended": "Appointment ended",
    "transferred": "Transferred",
    "left": "Left",
    "brand_changed": "Brand changed",
    "position_added": "Position added",
    "position_changed": "Position changed",
    "position_named_after_brand": "Position named after a brand",
    "dimension_added": "Dimension added",
    "dimension_changed": "Dimension changed",
    "location_opened": "Location opened",
    "location_changed": "Location changed",
    "location_reopened": "Location opened again",
    "score_passed_back": "Score passed back",
    "score_echo": "Own score came back",
    "offering_imported": "Course imported",
    "catalogue_source_changed": "Catalogue or roster: where it is read",
    "catalogue_synced": "Catalogue read",
    "roster_synced": "Roster read",
    "delivery_dismissed": "Let a delivery be",
    "connect_identity_provider": "Identity provider connected",
    "connect_scim_client": "SCIM client connected",
    "scim_group_place_changed": "What a group means changed",
    "scim_group_role_changed": "Whether a group looks after people changed",
    "scim_token_created": "Made a token for a SCIM client",
    "scim_token_replaced": "Renewed a token of a SCIM client",
    "scim_token_revoked": "Revoked a token of a SCIM client",
    "delivery_resent": "Sent a delivery again",
    "completion_policy_changed": "Completion policy changed",
    "retention_rule_changed": "Retention rule changed",
    "retention_rule_removed": "Retention rule removed",
    "retention_begun": "Began to delete old statements",
    "retention_applied": "Deleted old statements",
    "erasure_begun": "Began to erase somebody",
    "erasure": "Erased somebody",
    "cmi5_course_imported": "Imported a course",
    "cmi5_waived": "Waived a part of a course",
    "export_forgotten": "Let an export go that follows no more",
    "forward_resent": "Sent refused statements again",
    "forward_dismissed": "Let refused statements be",
    "receiving_store_added": "Receiving store added",
    "receiving_store_changed": "Receiving store changed",
    "receiving_store_paused": "Receiving store paused",
    "receiving_store_removed": "Receiving store removed",
    "receiving_store_resumed": "Receiving store goes on",
    "client_added": "System that signs people in here added",
    "client_disabled": "System that signs people in here switched off",
    "client_enabled": "System that signs people in here switched on",
    "client_secret_rotated": "New secret of a system that signs people in here",
    "client_sign_in": "Signed in at another system",
    "client_updated": "System that signs people in here changed",
    "xapi_credential_created": "Made a credential for the record store",
    "xapi_credential_rotated": "Renewed a credential for the record store",
    "xapi_credential_revoked": "Revoked a credential for the record store",
    "account": "Account of the hub changed",
    "files_swept": "Removed files that nothing names",
    "invitation": "Invitation",
    "line_item_created": "Line of a gradebook made",
    "line_item_deleted": "Line of a gradebook deleted",
    "line_item_updated": "Line of a gradebook changed",
    "merge_undone": "Took apart two people who had been made one",
    "people_merged": "Made one of two people",
    "plugin_page": "Page of a plugin refused",
    "plugin_removed": "Removed what a plugin kept",
    "plugin_noted": "Noted a decision for a plugin",
    "person_exported": "Exported what is kept about somebody",
    "person_created": "Added somebody",
    "person_switched_off": "Switched somebody off",
    "person_switched_on": "Switched somebody on",
    "recovery": "Way back into an account",
    "registration_page": "Registration page changed",
    "saml_key_rotated": "New key for SAML",
    "saml_provider_changed": "SAML sign-in changed",
    "self_registration": "Registration of a person",
    "sign_in_door_changed": "Sign-in address changed",
    "sign_in_door_removed": "Sign-in address removed",
    "sign_in_policy_changed": "What a sign-in may do changed",
    "sign_in_linked": "Added a sign-in of their own",
    "sign_in_unlinked": "Removed a sign-in of their own",
    "statements_imported": "Imported statements",
    "scim_token_rotated": "Renewed a token for SCIM",
}
REFUSED_WORDS = {
    "look": "Looking at somebody's pages refused",
    "backchannel_logout": "Word of a sign-out refused",
    "sign_in": "Sign-in refused",
    "launch": "Launch refused",
    "review": "Looking at work refused",
    "score": "Score refused",
    "form": "Form refused",
    "admin": "Admin page refused",
    "statement": "Statement refused",
    "document": "Document refused",
    "line_item": "Change of a gradebook refused",
    "result": "Reading of results refused",
    "members": "Reading of members refused",
    "notice_handlers": "Notice handler of an LMS refused",
    "lti_login": "Login from an LMS refused",
    "lti_entry": "Launch from an LMS refused",
    "lti_link": "Link of an account refused",
    "lti_content": "Choice of courses refused",
    "lti_pick": "Choice of courses for an LMS refused",
    "lti_registration": "Registration of an LMS refused",
    "scim": "Request of a SCIM client refused",
    "setup_link": "Setup link refused",
    "lti_token": "Token for an LMS refused",
    "cmi5_fetch": "Token for a course refused",
    "cmi5_import": "Import of a course refused",
    "cmi5_waived": "Waiver of a part of a course refused",
    "client_revoke": "Revoking of a token refused",
    "client_sign_in": "Sign-in at another system refused",
    "client_sign_out": "Sign-out for another system refused",
    "client_token": "Token for another system refused",
    "client_userinfo": "Reading about a person refused",
    "xapi_token": "Access token for the record store refused",
    "account": "Change of an account refused",
    "connect_identity_provider": "Connecting an identity provider refused",
    "invitation": "Invitation refused",
    "partner_people": "Page of a partner's people refused",
    "retention": "Retention refused",
    "saml_provider_changed": "Change of a SAML sign-in refused",
    "self_registration": "Registration of a person refused",
    "sign_out": "Sign-out refused",
    "completion_policy_changed": "Change of a completion policy refused",
}


@dataclass(frozen=True)
class Happening:
    """One row of the audit trail with names for its ids; ``subject`` is what stays a mere id or key.

    ``about`` is the person whom it was done to, where that is another than who did it.
    """

    row: AuditRow
    words: str
    person: str
    connection: str
    course: str
    facts: tuple[str, ...]
    subject: str
    about: str = ""
    partner: str = ""


def happenings(rows: Sequence[AuditRow]) -> list[Happening]:
    """The rows in words."""
    with current_hub().reading() as uow:
        things = [row.subject_id for row in rows if is_id(row.subject_id)]
        people = names_of_people(uow, [*(row.actor_id for row in rows), *things])
        connections = names_of_connections(uow, [*(row.connection_id for row in rows), *things])
        partners = names_of_partners(uow, [*(row.partner_id for row in rows), *things])
        courses = titles_of_offerings(
            uow, [row.subject_id for row in rows if row.action in OF_COURSES and row.subject_id]
        )
    return [_happening(row, people, connections, courses, partners) for row in rows]


@blueprint.get("/sign-ins")
def sign_ins() -> str:
    """Who signed in and out, and who could not."""
    return _page(_("Sign-ins"), SIGN_INS, _("Nobody has signed in yet."))


@blueprint.get("/launches")
def launches() -> str:
    """Which courses were opened in which LMS, and which could not be."""
    return _page(_("Launches"), LAUNCHES, _("No course has been opened yet."))


@blueprint.get("/activity")
def activity() -> str:
    """The whole audit trail."""
    return _page(_("All activity"), (), _("Nothing has happened yet."))


def _page(title: str, actions: tuple[str, ...], nothing: str) -> str:
    who: PersonFilter = read_person_filter()
    outcome = read_choice("outcome", OUTCOMES)
    with current_hub().reading() as uow:
        listed = list_audit(
            uow, actions=actions, outcome=outcome, person_id=who.id, before=read_position(), limit=ROWS
        )
    return flask.render_template(
        "admin/history.html",
        title=title,
        happenings=happenings(listed.rows),
        older=listed.older,
        who=who,
        choice=("outcome", say("Outcome"), OUTCOME_WORDS, outcome),
        nothing=nothing,
    )


def refused_words(action: str) -> str:
    """A refused action in words."""
    return REFUSED_WORDS.get(action) or _("%(action)s refused", action=_plain(action))


def _words(row: AuditRow) -> str:
    if row.outcome == "refused":
        return refused_words(row.action)
    return DONE_WORDS.get(row.action) or _plain(row.action)


def _plain(action: str) -> str:
    return action.replace("_", " ").capitalize().replace("Xapi", "xAPI").replace("Lti", "LTI")


def _happening(
    row: AuditRow,
    people: Mapping[str, str],
    connections: Mapping[str, str],
    courses: Mapping[str, str],
    partners: Mapping[str, str],
) -> Happening:
    course = courses.get(row.subject_id, "") if row.action in OF_COURSES else ""
    facts: tuple[str, ...] = ()
    if row.action == "plugin_switched":
        facts = (
            _("%(plugin)s on for %(audience)s", plugin=row.subject_id, audience=row.detail.get("audience"))
            if row.detail.get("on")
            else _(
                "%(plugin)s off for %(audience)s", plugin=row.subject_id, audience=row.detail.get("audience")
            ),
        )
    elif row.action == "plugin_switched_for_partner":
        facts = (
            _("%(plugin)s on", plugin=row.subject_id)
            if row.detail.get("on")
            else _("%(plugin)s off", plugin=row.subject_id),
        )
    elif row.action in {"role_granted", "role_withdrawn"}:
        facts = (
            _(
                "%(role)s for %(name)s",
                role=str(row.detail.get("role")).replace("_", " "),
                name=people.get(row.subject_id) or _("an erased person"),
            ),
        )
    elif row.action.startswith(("receiving_store_", "forward_")):
        facts = (str(row.detail.get("slug", "")),)
    elif row.action.startswith("xapi_credential") and "key" in row.detail:
        facts = (_("key %(key)s", key=row.detail["key"]),)
    elif row.outcome == "refused" and "method" in row.detail:
        facts = (
            _("%(method)s answered %(status)s", method=row.detail["method"], status=row.detail.get("status")),
        )
    about = "" if facts or row.subject_id == row.actor_id else people.get(row.subject_id, "")
    connection = connections.get(row.connection_id or row.subject_id, "")
    partner = partners.get(row.partner_id or row.subject_id, "")
    named = course or facts or about or row.subject_id in {row.actor_id, row.connection_id, row.partner_id}
    known = row.subject_id in connections or row.subject_id in partners
    return Happening(
        row,
        _words(row),
        people.get(row.actor_id or "", ""),
        connection,
        course,
        facts,
        "" if named or known else row.subject_id,
        about,
        partner,
    )
