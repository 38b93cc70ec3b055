"""The hub as SAML identity provider, for systems behind it that know nothing else."""
