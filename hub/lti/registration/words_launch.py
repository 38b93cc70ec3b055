"""Reason codes of launches, sign-ins and content, in words: what is wrong, and what to change. Into and out of the hub."""

from collections.abc import Mapping

_CLOCK = "Set the clock of the other system; 60 seconds of difference are allowed."
_START_AGAIN = "Start again from the page where the course is listed. If it happens every time, send the values below to whoever runs the LMS."
_COOKIES = "Allow this site's cookies, or open the course in a window of its own. An LMS with platform storage needs neither."
_KEYS = "Check the address of its keys (JWKS) at this connection, and that the key it signs with is published there."
_CLAIM = "The LMS must send this claim (LTI 1.3, section 5.3). Its vendor has to put this right."
_ITEM = "Choose something else, or have the tool's vendor put this right. The other things chosen are not affected."

INTO_THE_HUB: Mapping[str, tuple[str, str]] = {
    # login
    "unknown_issuer": (
        "No connection has this issuer.",
        "Compare the issuer, character by character: a slash at the end or another case is another issuer.",
    ),
    "unknown_client": (
        "No connection has this client_id.",
        "Compare the client_id at the connection with the one in the other system.",
    ),
    "client_needed": (
        "Several connections have this issuer, and the login does not say which is meant.",
        "Let the LMS send client_id with its login, which most do once it is registered again.",
    ),
    "bad_target": (
        "The address to open is not one of this hub.",
        "Enter the target address as this hub shows it, with the same scheme, host and port.",
    ),
    "no_login_hint": ("The login names nobody: login_hint is missing.", _CLAIM),
    "no_target_link_uri": ("The login does not say what to open: target_link_uri is missing.", _CLAIM),
    "repeated_parameter": (
        "A parameter came more than once.",
        "Look for the parameter in the address that is entered in the other system, and take it out there.",
    ),
    # state and browser
    "no_state": ("The launch came without the state of its login.", _START_AGAIN),
    "unknown_state": ("The hub did not begin this launch, or has forgotten it.", _START_AGAIN),
    "state_expired": ("More than ten minutes passed between login and launch.", _START_AGAIN),
    "state_used": ("This launch was used before.", _START_AGAIN),
    "state_of_another_browser": (
        "The launch was begun in another browser, or its cookie is missing.",
        _COOKIES,
    ),
    "state_of_another_platform": (
        "The login was of one LMS, the launch of another.",
        "Compare issuer and client_id of the two connections with what is below.",
    ),
    "storage_silent": ("The LMS did not answer for its storage, and the cookie is missing.", _COOKIES),
    "storage_wrong_answer": ("What the LMS's storage gave back is not what was put there.", _COOKIES),
    "no_nonce": ("The nonce is missing.", _CLAIM),
    "wrong_nonce": ("The nonce was not issued for this launch.", _START_AGAIN),
    # signature
    "malformed_token": ("This is no signed JWT.", "Its vendor has to put this right."),
    "too_large": ("It is larger than anything of its kind should be.", "Its vendor has to put this right."),
    "duplicate_member": ("The JWT has a member twice.", "Its vendor has to put this right."),
    "algorithm_not_allowed": ("It is not signed with RS256.", "Choose RS256 in the other system."),
    "bad_signature": ("The signature does not fit the key.", _KEYS),
    "key_in_header": (
        "The JWT brings its own key along (jwk, jku or x5u). Such keys are never looked at.",
        "The other system must name a published key by its kid instead.",
    ),
    "critical_header": (
        "The header demands something the hub does not know (crit).",
        "Its vendor has to put this right.",
    ),
    "missing_kid": ("The header names no key: kid is missing.", "The other system must name its key by kid."),
    "bad_kid": (
        "The kid is no name of a key.",
        "The other system must name its key by a kid of at most 300 characters.",
    ),
    "unknown_kid": ("No published key has this kid, or two have it.", _KEYS),
    "jwks_unreachable": ("The keys cannot be fetched, and none are known that are recent enough.", _KEYS),
    "jwks_status": ("The address of the keys does not answer with 200.", _KEYS),
    "jwks_unusable": ("The address of the keys does not lead to a JWKS.", _KEYS),
    # claims
    "wrong_issuer": (
        "The issuer in the JWT is not the one of the connection.",
        "Compare them, character by character.",
    ),
    "wrong_audience": (
        "The JWT is not for this hub: aud.",
        "Compare the client_id at the connection with aud below.",
    ),
    "missing_azp": ("aud lists several, and azp does not say who is meant.", _CLAIM),
    "wrong_azp": ("azp names somebody else.", "Compare the client_id at the connection with azp below."),
    "expired": ("The JWT has expired.", _CLOCK),
    "missing_exp": ("The JWT does not say when it expires.", _CLAIM),
    "exp_too_far": ("The JWT is to be valid for more than a day.", "Its vendor has to put this right."),
    "missing_iat": ("The JWT does not say when it was issued.", _CLAIM),
    "issued_in_future": ("The JWT was issued in the future.", _CLOCK),
    "not_yet_valid": ("The JWT is not valid yet.", _CLOCK),
    "too_old": ("The JWT was issued more than ten minutes ago.", _CLOCK),
    "missing_deployment": ("The deployment is missing.", _CLAIM),
    "deployment_pending": (
        "The hub is opened from a place in this LMS that nobody has approved yet.",
        "Approve the deployment at this connection.",
    ),
    "deployment_of_another": (
        "The deployment belongs to another registration of this LMS.",
        "Open the hub from the other registration, or register it here too.",
    ),
    "deployment_refused": (
        "This deployment was refused.",
        "Approve it at this connection if that was wrong.",
    ),
    "deployment_disabled": ("This deployment is switched off.", "Switch it on at this connection."),
    "wrong_version": ("This is not LTI 1.3.", "The LMS must send version 1.3.0."),
    "wrong_message_type": (
        "The hub does not know this kind of message.",
        "Use a resource link or content selection.",
    ),
    "missing_resource_link": ("The launch does not say from where: resource_link.id is missing.", _CLAIM),
    "missing_roles": ("The claim with the roles is missing. An empty one would do.", _CLAIM),
    "bad_message": ("The message does not keep to LTI 1.3.", "Its vendor has to put this right."),
    "other_target": (
        "What is to be opened changed between login and launch.",
        "Its vendor has to put this right: both must name the same target_link_uri.",
    ),
    "bad_return_url": (
        "The address to return to is not one to open.",
        "Its vendor has to put this right. The launch itself is not affected.",
    ),
    "platform_error": (
        "The LMS itself refused the sign-in.",
        "Sign in at the LMS again, then open the course again.",
    ),
    "too_many_requests": (
        "There were too many launches from one network within a minute.",
        "Wait a minute. If it comes again, look who in this network opens the hub so often.",
    ),
    "platform_disabled": ("This platform is switched off.", "Switch it on at this connection."),
    # people
    "anonymous": (
        "The LMS does not say who it is.",
        "Let the LMS send the user's id (sub), if people should learn here.",
    ),
    "unknown_subject": (
        "The LMS knows this person; the hub does not know them by this id.",
        "The person signs in once with their own account and confirms, or a roster links the two.",
    ),
    "left_partner": (
        "The LMS opens the hub for its own partner's people, and this person is not one of them.",
        "Look at the person's appointments, or open the hub from another LMS.",
    ),
    "unknown_code": ("The way from the LMS into the hub is not known.", _START_AGAIN),
    "code_used": ("The way from the LMS into the hub was used before.", _START_AGAIN),
    "code_expired": ("The way from the LMS into the hub took too long.", _START_AGAIN),
    "foreign_form": ("The form that opens the hub did not come from the hub's own page.", _START_AGAIN),
    "unknown_link_code": ("This confirmation is not known.", _START_AGAIN),
    "identity_taken": (
        "The LMS's account already means somebody else here.",
        "Look at both people: somebody confirmed under a wrong name.",
    ),
    "link_code_used": ("This confirmation was used before.", _START_AGAIN),
    "link_code_expired": ("This confirmation took too long.", _START_AGAIN),
    "launch_loop": (
        "The launch would go round in circles: the course lies in a system that launched the hub for it.",
        "Place the course in that system directly, not through the hub.",
    ),
}
"""The hub as tool."""

OUT_OF_THE_HUB: Mapping[str, tuple[str, str]] = {
    "login_refused": (
        "The tool's login address answers with an error.",
        "Compare issuer, client_id and deployment id in the tool with those of this connection, and its login address.",
    ),
    "unregistered_redirect_uri": (
        "The tool wants its answer at an address that is not registered.",
        "Add the redirect URI below to this connection, exactly as the tool writes it.",
    ),
    "bad_response_type": ("response_type is not id_token.", "Its vendor has to put this right."),
    "bad_scope": ("The scope of the sign-in is not openid.", "Its vendor has to put this right."),
    "bad_response_mode": ("response_mode is not form_post.", "Its vendor has to put this right."),
    "bad_prompt": ("prompt is not none.", "Its vendor has to put this right."),
    "no_lti_message_hint": (
        "The tool did not send lti_message_hint back.",
        "Its vendor has to put this right.",
    ),
    "no_session": (
        "Nobody is signed in at the hub in this browser.",
        "Sign in at the hub, then open the course again.",
    ),
    "unknown_login_hint": ("The hub did not start this launch.", _START_AGAIN),
    "hint_of_other_tool": (
        "The launch was started for another tool.",
        "Two tools may share a client_id. Compare them.",
    ),
    "hint_of_other_person": ("The launch was started by somebody else.", _START_AGAIN),
    "hint_of_other_session": ("The launch was started in another browser session.", _START_AGAIN),
    "message_hint_mismatch": (
        "The lti_message_hint was changed on the way.",
        "Its vendor has to put this right.",
    ),
    "hint_expired": ("The tool took more than five minutes.", _START_AGAIN),
    "hint_reused": ("This launch was used before.", _START_AGAIN),
    "not_assigned": (
        "The course is not in this person's plan.",
        "Assign it, or look whether it was withdrawn.",
    ),
    "person_disabled": ("This person's account is switched off.", "Switch it on if that was wrong."),
    "tool_disabled": ("This tool is switched off.", "Switch it on at this connection."),
    "tool_pending": ("This tool registered itself and is not approved yet.", "Approve its registration."),
    "tool_refused": ("This tool's registration was refused.", "Approve it if that was wrong."),
}
"""The hub as platform."""

CONTENT: Mapping[str, tuple[str, str]] = {
    "wrong_data": ("The answer belongs to no request for content of this hub.", "Begin choosing again."),
    "data_used": ("This answer was taken before.", "Begin choosing again."),
    "data_expired": ("Choosing took too long.", "Begin again and choose sooner."),
    "wrong_deployment": (
        "The answer names another deployment than the request.",
        "Its vendor has to put this right.",
    ),
    "not_operator": ("Only operators choose content.", "Ask an operator of the hub."),
    "not_instructor": (
        "Only teachers and administrators choose content.",
        "Open it with a teacher's role in the LMS.",
    ),
    "other_session": (
        "The answer came back in another browser session.",
        "Begin again and stay in one browser.",
    ),
    "no_settings": ("The request does not say where the choice goes.", _CLAIM),
    "bad_content_items": ("The list of chosen things cannot be read.", "Its vendor has to put this right."),
    "type_not_accepted": ("The other side does not take this kind of thing.", _ITEM),
    "item_type": ("The hub does not know this kind of thing.", _ITEM),
    "too_many": ("More was chosen than may be.", "Choose fewer things."),
    "foreign_url": ("What was chosen lies on another host than the tool.", _ITEM),
    "unsafe_url": ("The address of what was chosen is not one to open.", _ITEM),
    "bad_line_item": ("The line item is not one (its scoreMaximum must be above 0).", _ITEM),
    "bad_custom": ("The parameters of what was chosen cannot be used.", _ITEM),
    "same_twice": ("The same thing was chosen twice.", "Once is enough."),
    "nonce_replayed": ("The answer repeats the nonce of another.", "Its vendor has to put this right."),
    "jti_replayed": ("The answer repeats the jti of another.", "Its vendor has to put this right."),
    "nothing_chosen": ("Nothing of what was offered was ticked.", "Tick at least one course."),
    "no_content": ("There is no such choice any more, or no answer yet.", "Begin choosing again."),
    "item_refused": ("What is to be imported was refused when it was chosen.", _ITEM),
    "insecure_return_url": ("The answer would leave by plain http.", "The LMS must take it by https."),
    "foreign_return_url": (
        "The answer goes to another host than the LMS.",
        "Go on only if you know the host.",
    ),
    "pick_used": ("This choice was sent before.", "Begin again from the LMS."),
    "pick_expired": ("Choosing took too long.", "Begin again from the LMS."),
    "unknown_pick": ("The hub did not begin this choice.", "Begin again from the LMS."),
    "unknown_target": ("What was chosen is not there any more.", "Begin again from the LMS."),
}
"""Choosing content, both ways."""
