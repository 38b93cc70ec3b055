"""What people and systems did, or were refused: the audit trail in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flask

from hub.flask_hub import current_hub
from hub.journal.listed import ROWS
from hub.journal.views import AuditRow, list_audit
from hub.network.views import names_of_connections, names_of_people
from hub.training.views import titles_of_offerings
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import PersonFilter, read_choice, read_person_filter, read_position

OUTCOMES = ("done", "refused")
SIGN_INS = ("sign_in", "sign_out")
LAUNCHES = ("launch", "launch_begun")
OF_COURSES = (*LAUNCHES, "cmi5_course_imported", "cmi5_waived")
"""Actions whose subject is an offering."""

DONE_WORDS = {
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "launch_begun": "Went to the LMS for a course",
    "launch": "Opened a course",
    "score": "Score received",
    "plugin_switched": "Switched a plugin",
    "rule_changed": "Rule changed",
    "audience_changed": "Audience changed",
    "role_granted": "Role granted",
    "audiences_applied": "Audiences and rules applied",
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
    "score_passed_back": "Score passed back",
    "score_echo": "Own score came back",
    "offering_imported": "Course imported",
    "catalogue_source_changed": "Catalogue or roster: where it is read",
    "catalogue_synced": "Catalogue read",
    "roster_synced": "Roster read",
    "delivery_dismissed": "Let a delivery be",
    "connect_identity_provider": "Identity provider connected",
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
    "xapi_credential_created": "Made a credential for the record store",
    "xapi_credential_rotated": "Renewed a credential for the record store",
    "xapi_credential_revoked": "Revoked a credential for the record store",
}
REFUSED_WORDS = {
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
    "setup_link": "Setup link refused",
    "lti_token": "Token for an LMS refused",
    "cmi5_fetch": "Token for a course refused",
    "cmi5_import": "Import of a course refused",
    "cmi5_waived": "Waiver of a part of a course refused",
    "xapi_token": "Access token for the record store refused",
}


@dataclass(frozen=True)
class Happening:
    """One row of the audit trail with names for its ids; ``subject`` is what stays a mere id or key."""

    row: AuditRow
    words: str
    person: str
    connection: str
    course: str
    facts: tuple[str, ...]
    subject: str


def happenings(rows: Sequence[AuditRow]) -> list[Happening]:
    """The rows in words."""
    with current_hub().reading() as uow:
        granted = [row.subject_id for row in rows if row.action == "role_granted"]
        people = names_of_people(uow, [*(row.actor_id for row in rows), *granted])
        connections = names_of_connections(uow, [row.connection_id for row in rows])
        courses = titles_of_offerings(
            uow, [row.subject_id for row in rows if row.action in OF_COURSES and row.subject_id]
        )
    return [_happening(row, people, connections, courses) for row in rows]


@blueprint.get("/sign-ins")
def sign_ins() -> str:
    """Who signed in and out, and who could not."""
    return _page("Sign-ins", SIGN_INS, "Nobody has signed in yet.")


@blueprint.get("/launches")
def launches() -> str:
    """Which courses were opened in which LMS, and which could not be."""
    return _page("Launches", LAUNCHES, "No course has been opened yet.")


@blueprint.get("/activity")
def activity() -> str:
    """The whole audit trail."""
    return _page("All activity", (), "Nothing has happened yet.")


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
        choice=("outcome", "Outcome", {"": "All outcomes", "done": "Done", "refused": "Refused"}, outcome),
        nothing=nothing,
    )


def refused_words(action: str) -> str:
    """A refused action in words."""
    return REFUSED_WORDS.get(action) or f"{_plain(action)} refused"


def _words(row: AuditRow) -> str:
    if row.outcome == "refused":
        return refused_words(row.action)
    return DONE_WORDS.get(row.action) or _plain(row.action)


def _plain(action: str) -> str:
    return action.replace("_", " ").capitalize().replace("Xapi", "xAPI").replace("Lti", "LTI")


def _happening(
    row: AuditRow, people: Mapping[str, str], connections: Mapping[str, str], courses: Mapping[str, str]
) -> Happening:
    course = courses.get(row.subject_id, "") if row.action in OF_COURSES else ""
    facts: tuple[str, ...] = ()
    if row.action == "plugin_switched":
        facts = (
            f"{row.subject_id} {'on' if row.detail.get('on') else 'off'} for {row.detail.get('audience')}",
        )
    elif row.action == "role_granted":
        facts = (f"{row.detail.get('role')} for {people.get(row.subject_id, 'an erased person')}",)
    elif row.action.startswith(("receiving_store_", "forward_")):
        facts = (str(row.detail.get("slug", "")),)
    elif row.action.startswith("xapi_credential") and "key" in row.detail:
        facts = (f"key {row.detail['key']}",)
    elif row.outcome == "refused" and "method" in row.detail:
        facts = (f"{row.detail['method']} answered {row.detail.get('status')}",)
    named = course or facts or row.subject_id in {row.actor_id, row.connection_id}
    return Happening(
        row,
        _words(row),
        people.get(row.actor_id or "", ""),
        connections.get(row.connection_id or "", ""),
        course,
        facts,
        "" if named else row.subject_id,
    )
