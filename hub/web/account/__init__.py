"""One's own account: sign-ins, password and keys, messages, links to other records."""
