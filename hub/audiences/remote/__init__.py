"""Plugins that run elsewhere: parties that are not trusted with code in the hub are asked by webhook, and answer by REST."""
