"""The hub's own signing keys, for every protocol in which it signs; each purpose has keys of its own."""
