"""Simulated outside systems and generated data: what demos and tests use instead of real partners."""
