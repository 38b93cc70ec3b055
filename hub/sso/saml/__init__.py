"""SAML 2.0 service provider: only what was signed is read, and only once."""
