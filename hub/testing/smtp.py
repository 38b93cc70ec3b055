"""A mail server on loopback that keeps what it is sent, and can refuse: enough of SMTP (RFC 5321) for one client."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class Mailbox:
    """What arrived, and what the server is to answer: a reply for a command that it would otherwise do, by its name."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """For the setting ``smtp_url``."""
        return f"smtp://127.0.0.1:{self.port}"


class _Handler(socketserver.StreamRequestHandler):
    timeout = 10
    mailbox: Mailbox

    def handle(self) -> None:
        """Talk with one client until it leaves."""
        self._say("220 loopback ESMTP")
        while line := self.rfile.readline(2000):
            command, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            name = command.upper()
            if name in self.mailbox.replies:
                self._say(self.mailbox.replies[name])
            elif name == "EHLO":
                self._say("250-loopback")
                self._say("250-8BITMIME")
                self._say("250 AUTH PLAIN")
            elif name == "AUTH":
                self.mailbox.logins.append(rest)
                self._say("235 welcome")
            elif name == "DATA":
                self._say("354 go on")
                self._receive()
            elif name == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 OK")

    def _receive(self) -> None:
        lines = []
        while (line := self.rfile.readline(100_000)) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        message = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)  # noqa: S101  (the policy says so)
        self.mailbox.mails.append(message)
        self._say("250 kept")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A running server; its mailbox."""
    mailbox = Mailbox()
    handler = type("Handler", (_Handler,), {"mailbox": mailbox})
    with _Server(("127.0.0.1", 0), handler) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()
