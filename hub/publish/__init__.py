"""Telling plugins what happened: each thing by itself, or many at a time."""

from hub.publish.gather import GATHERED, check_gathering, tell_news
from hub.publish.tell import TELL, publish, tell_plugin

__all__ = ["GATHERED", "TELL", "check_gathering", "publish", "tell_news", "tell_plugin"]
