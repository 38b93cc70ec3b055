"""The desk of a partner's administrator."""
