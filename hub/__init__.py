"""The Partner Training Hub: training for people who are not your employees, over the LMSs they already have."""

__version__ = "0.1.0"
