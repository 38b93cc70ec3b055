"""Reason codes of accounts of the hub's own: what each means, and what to change."""

_ANOTHER_MAIL = "Let the person ask for a new mail, or send the invitation again."

WORDS = {
    "wrong_password": (
        "E-mail and password do not fit together, or nobody has an account with this e-mail.",
        "Try again, or ask on the sign-in page for a mail to get back in.",
    ),
    "too_many_passwords": (
        "Too many passwords were tried for one e-mail within a quarter of an hour.",
        "Wait a quarter of an hour, or sign in with a passkey. If the owner did not try, somebody guesses.",
    ),
    "weak_password": (
        "The password is too short, is guessed first, or is mostly a name.",
        "Choose one of at least 12 characters, such as a few words that do not belong together.",
    ),
    "wrong_present": (
        "The present password was typed wrongly.",
        "Try again, or sign out and ask for a mail to get back in.",
    ),
    "passkey_late": (
        "The passkey answered a question that is too old, was answered before, or was asked in another window.",
        "Try it again in one window, without going back.",
    ),
    "passkey_unknown": (
        "The hub does not know this passkey: it was removed here, or belongs to another site.",
        "Choose another passkey, or sign in with the password; then remove the old one on the device.",
    ),
    "passkey_not_verified": (
        "What the passkey answered proves nothing: it is for another site, was not confirmed, or was changed on its way.",
        "Try it again at the hub's own address. If it stays like that, check public_url in the settings.",
    ),
    "passkey_copied": (
        "The passkey was used with a count that does not go up, so there may be a copy of it.",
        "Sign in in another way, remove this passkey, and make a new one.",
    ),
    "bad_passkey_answer": (
        "The browser did not answer as passkeys do.",
        "Use a current browser. If it is one, look for an extension that changes what pages send.",
    ),
    "passkey_taken": ("The passkey opens an account already.", "Make another one on this device."),
    "too_many_passkeys": ("The account has as many passkeys as it can have.", "Remove one that is not used."),
    "no_passkey": ("The account has no such passkey, or not any more.", "Reload the page."),
    "last_way_in": (
        "Nothing else would open the account.",
        "Add a passkey or a password first; then remove this one.",
    ),
    "sign_in_again": (
        "The sign-in is too long ago to change what opens the account.",
        "Sign in once more, and do it within a quarter of an hour.",
    ),
    "no_account": ("There is no such account of the hub, or it is somebody else's.", "Reload the page."),
    "unknown_link": (
        "Nobody has such a link, or it was not copied whole.",
        "Open the whole address from the mail.",
    ),
    "link_used": ("The link opened the account once already.", f"Sign in as usual. {_ANOTHER_MAIL}"),
    "link_revoked": (
        "The link was taken back, or a newer one took its place.",
        f"Use the newest. {_ANOTHER_MAIL}",
    ),
    "link_expired": ("The link is too old.", _ANOTHER_MAIL),
    "address_taken": (
        "Somebody else of the same partner has proved this e-mail address for an account.",
        "Give one of the two an address of their own; or, if both are one human, let an operator merge them.",
    ),
    "no_email": (
        "The person has no e-mail address.",
        "Add one in the network files, or where the person was added.",
    ),
    "no_invitation": ("The invitation was used or taken back meanwhile.", "Reload the page."),
    "no_registration": (
        "Somebody has decided about this registration, or it was too old.",
        "Reload the page.",
    ),
    "no_registration_page": (
        "The partner has no page on which people register, or it is closed.",
        "Open it under Invitations, or correct the address.",
    ),
    "beyond_partner": (
        "The person runs the hub, or works for or looks after another partner too, and an invitation that was handed over would open that.",
        "Let the person open the address from the mail, or let an operator invite them.",
    ),
    "unproved_account": (
        "The person has an account of the hub whose e-mail nobody proved, so nothing is linked to it by itself.",
        "Let the person answer a mail of the hub, or link the sign-in from their account page.",
    ),
}
