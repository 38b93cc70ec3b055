"""Webhooks: addresses of programs that are told of news, signed, as far as their owners see."""
