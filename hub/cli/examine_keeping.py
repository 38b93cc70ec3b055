"""Whether the audit trail is being sealed, and whether mails reach their server."""

from collections.abc import Iterator

import sqlalchemy as sa

from hub.cli.findings import Finding, ok, problem, warning
from hub.errors import OutsideFailed
from hub.journal.seal import LATE, read_head
from hub.journal.tables import audit
from hub.notify.smtp import try_server
from hub.notify.views import count_unsent
from hub.runtime import Hub


def examine_trail(hub: Hub) -> Iterator[Finding]:
    """Whether new rows of the audit trail get their seals."""
    with hub.reading() as uow:
        head = read_head(uow)
        oldest = uow.connection.scalar(
            sa.select(audit.c.at).where(audit.c.position > head.position).order_by(audit.c.position).limit(1)
        )
        late = oldest is not None and uow.now - oldest > LATE
    if late:
        yield warning("audit trail", "has rows that no seal has yet", "Is a worker running?")
    else:
        yield ok("audit trail", f"{head.number:,} seals; `hub audit verify` compares every row with its own")


def examine_mails(hub: Hub) -> Iterator[Finding]:
    """Whether there is a mail server, and whether it lets the hub in."""
    if not hub.settings.smtp_url.get_secret_value():
        with hub.reading() as uow:
            waiting = count_unsent(uow)
        if waiting:
            advice = "Set smtp_url and mail_from, or read them at /admin/mails."
            yield warning("mails", f"{waiting:,} wait, for there is no mail server", advice)
        else:
            yield ok("mails", "no mail server is set; mails would wait at /admin/mails")
        return
    try:
        try_server(hub.settings)
    except OutsideFailed as error:
        yield problem("mails", error.message, error.help or "Check smtp_url.")
    else:
        yield ok("mails", "the mail server answers")
