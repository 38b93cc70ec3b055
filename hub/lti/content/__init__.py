"""Deep linking both ways: picking what a tool offers, and offering what the hub has."""
