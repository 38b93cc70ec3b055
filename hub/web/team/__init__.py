"""A manager's pages about people."""
