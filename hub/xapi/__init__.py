"""The learning record store's HTTP: validation, credentials, statements."""
