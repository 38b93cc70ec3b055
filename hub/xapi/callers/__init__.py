"""Who sends and reads statements: credentials, access tokens and what they allow."""
