"""SCIM 2.0 (RFC 7643, 7644, 9865): a partner's identity provider keeps its people and groups in the hub."""
