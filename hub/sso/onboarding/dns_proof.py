"""Looking a domain's proof up in the DNS (RFC 1035; TXT at a name of its own, as RFC 8552 asks for). No database here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.resolver

from hub.config import Settings

PREFIX = "_hub-challenge"
VALUE = "partner-training-hub-verification="
TIMEOUT_SECONDS = 3.0
"""For one question, with whatever is asked again in between."""
MAX_SEEN = 5
MAX_SHOWN = 120
Found = Literal["", "no_record", "wrong_record", "dns_failed"]
"""What is wrong: nothing, no TXT record, none with the token, or no answer that says anything about it."""


@dataclass(frozen=True)
class Answer:
    """What the DNS said: the problem, and the records that were there, shortened, for whoever looks after them."""

    problem: Found
    seen: tuple[str, ...] = ()


def record_name(domain: str) -> str:
    """Where the record stands."""
    return f"{PREFIX}.{domain}"


def record_value(token: str) -> str:
    """What the record says."""
    return VALUE + token


def look_up(settings: Settings, domain: str, token: str) -> Answer:
    """Whether the record is there. Asks the resolver of the settings, else the system's, for some seconds at most."""
    try:
        answer = _resolver(settings.dns_resolver).resolve(
            record_name(domain), "TXT", search=False, raise_on_no_answer=True
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Answer("no_record")
    except (dns.exception.DNSException, OSError):
        return Answer("dns_failed")
    return judge([b"".join(record.strings).decode("utf-8", "replace") for record in answer], token)


def judge(texts: Sequence[str], token: str) -> Answer:
    """What these records prove. Of several one must be right: others' proofs may stand beside it."""
    if not texts:
        return Answer("no_record")
    if any(text.strip() == record_value(token) for text in texts):
        return Answer("")
    return Answer("wrong_record", tuple(_shown(text) for text in texts[:MAX_SEEN]))


def _shown(text: str) -> str:
    plain = "".join(c if c.isprintable() else "�" for c in text)
    return plain if len(plain) <= MAX_SHOWN else plain[:MAX_SHOWN] + "…"


def _resolver(address: str) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not address)
    resolver.cache = None
    resolver.lifetime = resolver.timeout = TIMEOUT_SECONDS
    if address:
        host, _, port = address.rpartition(":")
        resolver.nameservers = [host.strip("[]")]
        resolver.port = int(port)
    return resolver
