"""Addresses of the services a tool is told (Assignment and Grade Services 2.0, section 3.1)."""

from hub.config import Settings


def line_items_url(settings: Settings, context_id: str) -> str:
    """The address of a context's line items."""
    return settings.url(f"/lti/contexts/{context_id}/lineitems")


def line_item_url(settings: Settings, context_id: str, line_item_id: str) -> str:
    """The address of a line item, which is its id for the tool."""
    return f"{line_items_url(settings, context_id)}/{line_item_id}"
