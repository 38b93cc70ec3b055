"""Which hosts a tool's courses lie at."""

from urllib.parse import urlsplit

from hub.lti.tools import Tool


def hosts_of(tool: Tool) -> frozenset[str]:
    """Host names of the addresses the tool was registered with, and of its domain, if it named one.

    Ports are not compared: those that are not usual get lost in ``domain``.
    """
    addresses = [tool.launch_url, tool.login_url, *tool.redirect_uris, tool.deep_linking_url or ""]
    hosts = {urlsplit(address).hostname for address in addresses}
    hosts.add(urlsplit(f"//{tool.domain}").hostname if tool.domain else None)
    return frozenset(host for host in hosts if host)
