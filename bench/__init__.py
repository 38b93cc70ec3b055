"""Measurements: absolute figures, each beside a limit measured in the same run. Nothing here is asserted."""
