"""Getting in: sign-in, local accounts, registration, invitations, and the page after leaving."""
