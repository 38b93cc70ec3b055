"""The CSV files of a partner network: what they look like, reading and checking them, and what they say as snapshots."""
