"""The partners' own systems: connections, what proves that somebody is meant, and the links by which they are set up."""
