"""The network as one may see it, for pages."""
