"""The partner network at the size it is planned for: ``make bench-network``."""
