"""Sign-in over every partner's own identity provider, and web sessions."""
