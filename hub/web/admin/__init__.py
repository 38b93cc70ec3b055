"""Pages for those who run the hub: what happened, what waits, and what needs somebody."""

from hub.web.admin import (
    connections,
    courses,
    credentials,
    deliveries,
    history,
    lifecycle,
    overview,
    plugins,
    policies,
    readers,
    receiving_stores,
    records,
    statements,
)
from hub.web.admin.blueprint import blueprint

__all__ = [
    "blueprint",
    "connections",
    "courses",
    "credentials",
    "deliveries",
    "history",
    "lifecycle",
    "overview",
    "plugins",
    "policies",
    "readers",
    "receiving_stores",
    "records",
    "statements",
]
