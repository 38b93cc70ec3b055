"""From completions to the ledger of credit, and what did not count."""
