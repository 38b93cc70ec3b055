"""Pages for those who run the hub: what happened, what waits, and what needs somebody."""

from hub.web.admin import connections, deliveries, history, overview, plugins, readers, records
from hub.web.admin.blueprint import blueprint

__all__ = ["blueprint", "connections", "deliveries", "history", "overview", "plugins", "readers", "records"]
