"""Connecting an LMS: dynamic registration, setup links and the exchange that tests a connection."""
