"""Documents that systems keep in the record store: states, agent profiles and activity profiles (xAPI 1.0.3 Communication 2.2)."""
