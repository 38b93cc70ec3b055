"""Signing in over OpenID Connect: the hub as relying party of the partners' providers."""
