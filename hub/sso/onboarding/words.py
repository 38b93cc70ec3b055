"""Reason codes of connecting a sign-in by a setup link: what each means, and what to change."""

WORDS = {
    "has_partner_admin": (
        "Somebody looks after the people of the partner already.",
        "An operator gives the role to more people, under Partner admins.",
    ),
    "sign_in_is_off": (
        "Nobody can sign in with what the setup link connected yet.",
        "Switch it on first.",
    ),
    "bad_domain": ("What was typed is no domain of e-mail addresses.", "Enter what stands after the @."),
    "public_domain": (
        "Anybody can have an address at this domain.",
        "Enter a domain that belongs to the company alone.",
    ),
    "too_many_domains": ("The connection has as many domains as it can have.", "Take one away first."),
    "no_domain": ("The connection has no such domain.", "Add it first."),
    "domain_is_vouched": (
        "An operator put this domain here, so a setup link cannot take it away.",
        "Let an operator of the hub take it away.",
    ),
    "bad_email": ("What was typed is no e-mail address.", "Enter one address, such as it@example.com."),
    "too_many_contacts": ("As many people are told as can be.", "Take somebody away first."),
    "unknown_product": ("No product of the list was chosen.", "Choose one, or another product."),
    "no_such_protocol": (
        "The product is not connected by this protocol.",
        "Choose another line of the list.",
    ),
    "no_product": ("Nothing has been chosen yet.", "Choose what people sign in with first."),
    "bad_provider": ("Something about the provider was missing or wrong.", "Correct the marked fields."),
    "another_protocol": ("The values belong to another protocol than was chosen.", "Go back to the steps."),
    "another_provider": (
        "People are known by this sign-in, and the values are another provider's.",
        "Make a new setup link: another provider is another connection.",
    ),
    "sign_in_is_on": ("People sign in with this already.", "Switch it off before it is changed."),
    "nothing_entered": ("Nothing of the provider has been entered yet.", "Take that step first."),
    "not_tried": (
        "Nobody has signed in on trial yet with what is entered now.",
        "Try it first, and correct what the trial shows.",
    ),
    "nothing_connected": (
        "Nothing has been connected with the link yet.",
        "Take the steps of the list first.",
    ),
}
