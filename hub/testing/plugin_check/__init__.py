"""``hub plugins check``: whether a plugin keeps to the rules of the hooks, with what to change where it does not."""

from hub.testing.plugin_check.check import Report, check_plugin
from hub.testing.plugin_check.codes import CODES
from hub.testing.plugin_check.finding import Finding

__all__ = ["CODES", "Finding", "Report", "check_plugin"]
