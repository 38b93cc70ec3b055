"""Reason codes about people: who comes in, their own sign-ins and accounts, and looking at somebody's pages."""

WORDS = {
    "not_operator": (
        "Only those who run the hub make somebody a partner admin with an invitation.",
        "Ask an operator for the role, or invite the person without it.",
    ),
    "several_matches": (
        "The name by which records are matched fits several people of the partner.",
        "Choose a claim with a value that one person alone has, or merge the people if they are one.",
    ),
    "record_taken": (
        "The name by which records are matched is that of a person who signs in there under another id already.",
        "If the provider made the account anew, remove the old sign-in of the person; otherwise choose a claim that people cannot change.",
    ),
    "sign_in_removed": (
        "The person, or an operator, took this sign-in away, so what the provider tells does not bring it back.",
        "Let the person sign in another way and add it on their account page, or let an operator invite them for that.",
    ),
    "record_has_role": (
        "The record that fits is that of somebody who runs the hub or looks after another partner, and the partner's word alone does not open it.",
        "Let the person add the sign-in on their account page, or let an operator make a link; leave them out of the partner's provisioning.",
    ),
    "unknown_employer": (
        "Partners share the connection, and the claim that names the employer is missing or names nobody known.",
        "Let the provider send that claim, and add its value to the employers of the connection.",
    ),
    "name_not_told": (
        "The sign-in itself works, but tells neither given nor family name, so that no new person can be made.",
        "Let the provider send both, and name their claims where the connection says who comes in.",
    ),
    "mode_not_for_audience": (
        "The person's place belongs to an audience into which people come by another way.",
        "Provide the person by a way that the audience allows, or add this way in the audience's file.",
    ),
    "unknown_door": (
        "The address names no partner, location or connection through which people sign in.",
        "Check the address that was given out; operators see it where a connection says who comes in.",
    ),
    "identity_taken": (
        "This sign-in is somebody else's already.",
        "If both are one human, let an operator merge the two records.",
    ),
    "not_recent": (
        "Sign-ins are added and removed only soon after signing in.",
        "Sign in again on the account page, then do it within ten minutes.",
    ),
    "sign_in_again": (
        "Passkeys and passwords are changed only soon after signing in.",
        "Sign in again, then do it within a quarter of an hour.",
    ),
    "link_of_another_person": (
        "Somebody else is signed in than the one who began to add a sign-in, or nobody is any more.",
        "Sign in as the person whose sign-in it is, and add it again from the account page.",
    ),
    "no_sign_in": ("The person has no such sign-in.", "Load the account page again."),
    "last_sign_in": (
        "Without this sign-in the person could not come back.",
        "Add another one first; one that is switched off does not count.",
    ),
    "local_sign_in": (
        "This sign-in is an account of the hub's own.",
        "Remove its passkeys or its password instead.",
    ),
    "wrong_password": (
        "E-mail and password do not fit together, or there is no such account.",
        "Try again, or let the sign-in page send a mail to get back in.",
    ),
    "wrong_present": ("The present password is another one.", "Type it again, or use the recovery by mail."),
    "weak_password": (
        "The password is too short, too common, or too close to what is known of the person.",
        "Choose a longer one that nobody else would think of.",
    ),
    "last_way_in": (
        "Nothing else opens the account.",
        "Add a passkey or a password first; then remove this one.",
    ),
    "no_account": ("There is no such account of the hub's own.", "Invite the person, or choose another one."),
    "no_invitation": (
        "There is no such invitation, or it has been used.",
        "Look at the list of invitations, and invite the person again.",
    ),
    "unknown_link": (
        "The address holds no link that the hub knows.",
        "Open the whole address from the mail, or ask for a new one.",
    ),
    "no_registration": (
        "Nobody waits under this registration, or somebody has decided.",
        "Look at the list of registrations again.",
    ),
    "no_registration_page": (
        "Nobody can register under this address.",
        "Check the address; whoever administers the partner opens and closes the page.",
    ),
    "passkey_late": (
        "The passkey was asked for too long ago, or in another window.",
        "Begin again on the page on which it is used.",
    ),
    "passkey_unknown": (
        "The hub does not know this passkey, or not any more.",
        "Choose another passkey, or sign in with the password.",
    ),
    "passkey_copied": (
        "The passkey's count went back: it may have been copied.",
        "Sign in in another way, remove the passkey and make a new one.",
    ),
    "passkey_taken": ("This passkey opens an account already.", "Make another one."),
    "passkey_not_verified": ("The passkey's signature does not verify.", "Try it again."),
    "bad_passkey_answer": (
        "The browser's answer is not what passkeys answer.",
        "Try it again, or another browser.",
    ),
    "no_passkey": ("There is no such passkey.", "Load the account page again."),
    "too_many_passkeys": ("The account has as many passkeys as it may have.", "Remove one first."),
    "may_not_look": (
        "Whoever wanted to look at somebody's pages may not look at this person's.",
        "Operators look at learners, and partner admins at those who work for their own partner.",
    ),
    "read_only_look": (
        "Whoever looks at somebody's pages can read them and do nothing there; partner admins read the person's own pages alone.",
        "Stop looking, then do it as yourself.",
    ),
}
