"""Audience profiles: how an audience is set up, from its ways in to its reports, inherited and overridden."""
