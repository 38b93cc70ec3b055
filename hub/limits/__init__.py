"""Limits that hold over all processes: rows that count requests in a window of time; and tokens that come in addresses."""

from hub.limits.counting import Limit, count_request, is_known_over, network_of
from hub.limits.in_address import refuse_in_address

__all__ = ["Limit", "count_request", "is_known_over", "network_of", "refuse_in_address"]
