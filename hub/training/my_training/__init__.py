"""A learner's plan: every goal, why, and one next step."""
