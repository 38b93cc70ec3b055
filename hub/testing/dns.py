"""A name server for tests and demos: TXT records from a dictionary, over UDP on the loopback address."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class NameServer:
    """Its records by name. ``broken`` are names that it answers with SERVFAIL, ``silent`` those that it does not answer."""

    address: str = ""
    texts: dict[str, list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def begin(self) -> "NameServer":
        """As new: without records and questions."""
        for each in (self.texts, self.broken, self.silent, self.asked):
            each.clear()
        return self

    def answer(self, wire: bytes) -> bytes | None:
        """The answer to one message; None for silence (RFC 1035, section 4)."""
        try:
            question = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        asked = question.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.silent:
            return None
        response = dns.message.make_response(question, recursion_available=True)
        response.flags |= dns.flags.AA
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.texts:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif self.texts[name] and dns.rdatatype.to_text(asked.rdtype) == "TXT":
            # A record is one or several strings of at most 255 bytes.
            quoted = [" ".join(f'"{part}"' for part in _parts(text)) for text in self.texts[name]]
            response.answer.append(dns.rrset.from_text_list(asked.name, 0, "IN", "TXT", quoted))
        return response.to_wire()


def _parts(text: str) -> list[str]:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return [escaped[start : start + 200] for start in range(0, len(escaped), 200)] or [""]


@contextmanager
def serve_names() -> Iterator[NameServer]:
    """A running name server; its ``address`` is for the setting ``dns_resolver``."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.2)
        server = NameServer(f"127.0.0.1:{listening.getsockname()[1]}")
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, listening, stop), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            thread.join()


def _serve(server: NameServer, listening: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            wire, sender = listening.recvfrom(4096)
        except TimeoutError:
            continue
        answer = server.answer(wire)
        if answer is not None:
            listening.sendto(answer, sender)
