"""Limits that hold over all processes: rows that count requests in a window of time."""

from hub.limits.counting import Limit, count_request, is_known_over, network_of

__all__ = ["Limit", "count_request", "is_known_over", "network_of"]
