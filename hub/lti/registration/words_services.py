"""Reason codes of tokens, services, scores that are passed back and registrations, in words."""

from collections.abc import Mapping

_ASSERTION = "Its vendor has to put this right (1EdTech Security Framework 1.0, section 4.1)."
_CLOCK = "Set the clock of the other system; 60 seconds of difference are allowed."
_NEW_TOKEN = "The tool asks for a new token, which most do by themselves."  # noqa: S105
_SCORE = "Its vendor has to put this right (Assignment and Grade Services 2.0, section 3.4)."
_METADATA = "Its vendor has to put this right (1EdTech Dynamic Registration 1.0)."
_OPEN_AGAIN = "Open the registration again; that gives a new code."
_NEW_LINK = "Make a new setup link."
_GRADEBOOK = "Look at the line item in the LMS. When it is right, send the score again."

SERVICES: Mapping[str, tuple[str, str]] = {
    # asking for a token
    "no_grant_type": ("grant_type is missing.", _ASSERTION),
    "bad_token_request": ("The token request does not keep to OAuth 2.0.", _ASSERTION),
    "bad_grant_type": ("Only client_credentials is granted.", _ASSERTION),
    "bad_assertion_type": ("client_assertion_type is not the one for a JWT.", _ASSERTION),
    "no_assertion": ("client_assertion is missing.", _ASSERTION),
    "assertion_malformed": ("The client assertion is no signed JWT.", _ASSERTION),
    "assertion_algorithm": ("The client assertion is not signed with RS256.", _ASSERTION),
    "assertion_kid": ("The client assertion names no key by kid.", _ASSERTION),
    "assertion_issuer": ("iss and sub of the client assertion are not both the client_id.", _ASSERTION),
    "assertion_sub": ("sub of the client assertion is not the client_id.", _ASSERTION),
    "assertion_signature": (
        "The signature of the client assertion does not fit the tool's key.",
        "Check the tool's JWKS address at this connection, and that it holds the key with this kid.",
    ),
    "assertion_aud": (
        "The client assertion is for somebody else (aud).",
        "Enter the token address of the hub in the tool, exactly as it is shown here.",
    ),
    "assertion_expired": ("The client assertion has expired.", _CLOCK),
    "assertion_exp": ("exp of the client assertion is no time.", _ASSERTION),
    "assertion_iat": ("The client assertion was issued in the future.", _CLOCK),
    "assertion_nbf": ("The client assertion is not valid yet.", _CLOCK),
    "assertion_claim_missing": ("The client assertion lacks a claim.", _ASSERTION),
    "assertion_lifetime": ("The client assertion is valid for more than an hour.", _ASSERTION),
    "assertion_jti": ("jti of the client assertion is empty or too long.", _ASSERTION),
    "assertion_replayed": ("The client assertion was used before.", _ASSERTION),
    "scope_missing": ("No scope was asked for.", _ASSERTION),
    "scope_unknown": ("Only scopes were asked for that the hub does not know.", _ASSERTION),
    "scope_not_granted": (
        "The tool asks for a scope it is not granted.",
        "Grant the scope at this connection.",
    ),
    # using it
    "no_token": (
        "The token is missing.",
        "The other system must send it, or the registration must allow none.",
    ),
    "malformed_token": ("This is no token of this hub.", _NEW_TOKEN),
    "unknown_token": ("This token was not given out here.", _NEW_TOKEN),
    "token_expired": ("The token has expired.", _NEW_TOKEN),
    "token_revoked": ("The token was revoked: the tool was switched off in between.", _NEW_TOKEN),
    "insufficient_scope": (
        "The token does not allow this.",
        "Grant the scope at this connection, if it should.",
    ),
    "media_type": ("The content type is not the one of this service.", "Its vendor has to put this right."),
    "no_context": (
        "There is no such course, or it is another tool's.",
        "Compare the address with the one in the launch.",
    ),
    "no_notice_service": (
        "The tool has no such deployment.",
        "The tool must use the address of its own launch (platform_notification_service_url).",
    ),
    "bad_notice_handler": (
        "What the tool says of where it wants to be told cannot be used.",
        "The tool must send notice_type and an https address. Its vendor has to put this right.",
    ),
    "notice_unsupported": (
        "The tool wants to be told of something the hub has no notices of.",
        "Nothing has to change here: the launch says which notices there are.",
    ),
    "foreign_handler": (
        "The tool wants to be told at a host that is not its own.",
        "Enter the host as the tool's domain or redirect URI here, if it is the tool's.",
    ),
    "no_line_item": (
        "There is no such line item, or it is another tool's.",
        "Compare the address with the one in the launch.",
    ),
    "no_resource_link": ("There is no such resource link here.", "Compare it with the one in the launch."),
    "default_line_item": (
        "The line item that the hub made cannot be deleted.",
        "The tool may delete those it made.",
    ),
    "bad_limit": ("limit is no number from 1 up.", "Its vendor has to put this right."),
    "bad_page": ("The address of the next page was changed.", "Follow the link as it came, case and all."),
    "bad_since": ("The address of the differences was changed.", "Follow the link as it came, case and all."),
    "bad_filter": ("A filter cannot be used.", "Its vendor has to put this right."),
    # scores
    "bad_score": ("The score does not keep to the standard.", _SCORE),
    "bad_timestamp": ("The timestamp of the score is missing, has no zone, or is no time.", _SCORE),
    "user_not_in_context": (
        "The score is about somebody who is not in this course.",
        "userId must be the sub of a launch of this course.",
    ),
    "no_submission": ("There is nothing to review yet.", "The person works on it first."),
    "may_not_review": ("This person's work is not theirs to review.", "Ask whoever looks after the person."),
}
"""The hub's services, and who may use them."""

PASSED_BACK: Mapping[str, tuple[str, str]] = {
    "a_down": ("The LMS cannot be reached.", "Nothing: the hub tries again for three days."),
    "token_rejected": (
        "The LMS does not take its own token.",
        "Check the registration of the hub in the LMS.",
    ),
    "token_refused": (
        "The other system gives the hub no token, or does not take the one it gave.",
        "Check client_id, token address and the hub's key address in the other system.",
    ),
    "no_scope": (
        "The LMS does not let the hub write scores.",
        "Switch on grades for the hub in the LMS, then open the course there once.",
    ),
    "no_identity": (
        "The LMS has not said who this person is there.",
        "The person opens the course once from the LMS; the score then follows by itself.",
    ),
    "target_changed": (
        "The link in the LMS opens another course by now, and its column is that course's.",
        "Nothing, or let the score be. If the link opens this course again, the score follows by itself.",
    ),
    "overtaken": (
        "Sending took so long that a newer score, or another process, went first.",
        "Nothing: the newer score counts.",
    ),
    "bad_token_answer": (
        "The token address answers with no access token.",
        "Check the token address at this connection: it may lead to a page.",
    ),
    "bad_line_items": (
        "What should be a list of line items is none.",
        "The vendor of the LMS has to put this right (Assignment and Grade Services 2.0).",
    ),
    "bad_members": (
        "What should be a list of members is none.",
        "The vendor of the LMS has to put this right (Names and Role Provisioning Services 2.0).",
    ),
    "endless_pages": ("The list does not come to an end.", "The vendor of the LMS has to put this right."),
    "foreign_next_link": (
        "The list goes on at another system.",
        "The LMS must name its own host in the links from page to page.",
    ),
    "foreign_line_item": (
        "The line item lies at another system.",
        "The LMS must name its own host in the addresses of line items.",
    ),
    "own_service": (
        "The address of the service is one of this hub itself.",
        "Two connections were mixed up, or the hub is connected to itself. Compare their addresses.",
    ),
    "platform_off": ("The platform is switched off.", "Switch it on at this connection."),
    "deployment_off": ("The deployment is not approved.", "Approve it at this connection."),
    "refused_400": ("The LMS does not understand the score.", _GRADEBOOK),
    "refused_403": ("The LMS does not let the hub write this score.", _GRADEBOOK),
    "refused_404": ("The line item is not there any more.", _GRADEBOOK),
    "refused_422": ("The LMS says that this cannot be graded.", _GRADEBOOK),
    "score_echo": ("The score is the one that the hub itself had sent there.", "Nothing: it counts already."),
}
"""Scores that the hub passes on."""

REGISTRATION: Mapping[str, tuple[str, str]] = {
    # out there
    "refused_address": (
        "The hub does not call this address: it is not public, or not https.",
        "Use https to a public host, or let an operator add host:port to outgoing_allow.",
    ),
    "unreachable": (
        "The other system cannot be reached.",
        "Check name and port, and that its certificate is valid and complete.",
    ),
    "timeout": (
        "The other system did not answer in time.",
        "Check that it runs and that no firewall is in between.",
    ),
    "busy": ("The hub already makes as many calls to this system as it may.", "Try again in a moment."),
    "not_json": ("The answer is not JSON.", "Check the address: it may lead to a page."),
    "configuration_status": (
        "The configuration's address does not answer with 200.",
        "Check the address with whoever runs the LMS. The hub follows no redirects.",
    ),
    "bad_token": (
        "The registration token has characters that cannot be sent.",
        "Begin the registration again from the LMS.",
    ),
    "other_host": (
        "An address lies on another host than the system that names it.",
        "If it is the issuer, use the configuration of the issuer's own host. Other addresses may be approved by an operator.",
    ),
    "insecure_endpoint": ("An address uses plain http.", "The other system must use https."),
    "refused_by_platform": (
        "The LMS refused to register the hub.",
        "Look into the LMS: it may ask for an administrator's rights.",
    ),
    "platform_failed": (
        "The LMS failed while it registered the hub.",
        "Try again; whoever runs the LMS finds the reason in its log.",
    ),
    # here
    "bad_metadata": ("What the other system says about itself does not keep to the standard.", _METADATA),
    "bad_redirect_uri": (
        "A redirect URI cannot be registered.",
        "It must be https, without user name and fragment.",
    ),
    "bad_tool": ("A setting of the tool cannot be used.", "See the problems listed with it."),
    "bad_platform": ("A setting of the platform cannot be used.", "See the problems listed with it."),
    "platform_taken": (
        "Another connection has this issuer and client_id.",
        "Renew that connection instead, or register the hub once more in the LMS, which gives another client_id.",
    ),
    "platform_changed": (
        "The registration changes what this platform is: its issuer, its client_id or the host of an address.",
        "Ask whoever runs the LMS whether that is meant, before you approve it.",
    ),
    "issuer_of_another": (
        "The issuer is a system of another partner's connection.",
        "Ask whoever runs that LMS whether this partner uses it as well, before you approve it.",
    ),
    "tool_renewed": (
        "The tool is in use already and has registered once more, perhaps with other addresses.",
        "Ask whoever runs the LMS whether that is meant, before you approve it.",
    ),
    "audience_shared": (
        "The audience of its tokens is an address of another connection.",
        "Approve it only if both connections lead to the same LMS: what the hub signs for one is good at the other.",
    ),
    "connection_exists": ("There is already a connection of this name.", "Choose another name."),
    "tool_exists": ("This connection is a tool already.", "Change it instead."),
    "platform_exists": ("This connection is a platform already.", "Change it instead."),
    "token_used": ("The registration code was used before.", _OPEN_AGAIN),
    "token_of_another_draft": ("The registration code is for another registration.", _OPEN_AGAIN),
    "registration_decided": (
        "There is nothing to decide about this registration.",
        "Look at its connection.",
    ),
    "private_key": (
        "This is a private key. It was not kept.",
        "Make a new pair of keys in the tool, and paste the public one only.",
    ),
    "weak_key": ("The key is too short.", "Make an RSA key of at least 2048 bits."),
    "not_a_key": ("This is no RSA public key.", "Paste a public key as PEM, as JWK, or a JWKS with one key."),
    # setup links
    "unknown_link": ("There is no such setup link.", "Open the whole address as it was sent."),
    "link_expired": ("The setup link has expired.", _NEW_LINK),
    "link_used": (
        "The setup link has done its work.",
        "Change the connection itself, or make a new setup link.",
    ),
    "link_revoked": ("The setup link was taken back.", _NEW_LINK),
    "link_of_another_browser": (
        "The link is in use in another browser.",
        "Go on in that browser, or begin anew.",
    ),
    "link_of_another_partner": (
        "The setup link is another partner's.",
        "Use the link that was made for this partner.",
    ),
    "link_for_something_else": ("The setup link does not let you connect this.", _NEW_LINK),
    "nothing_connected": ("Nothing has been connected yet.", "Connect the LMS first, then finish."),
}
"""Connecting another system."""
