"""What tests of onboarding do again and again."""

from dataclasses import dataclass

import sqlalchemy as sa

from hub.journal.tables import audit
from hub.network.systems.connections import connections_for_email
from hub.runtime import Hub
from hub.sso.onboarding.domains import Claim, check_domain, claim_domain
from hub.testing.dns import NameServer


@dataclass(frozen=True)
class Desk:
    """A hub with the partners ``harbor`` and ``lakeside`` and their connections of the same slugs."""

    hub: Hub
    names: NameServer
    partners: dict[str, str]
    connections: dict[str, str]

    def claim(self, domain: str, slug: str = "harbor") -> Claim:
        with self.hub.unit_of_work() as uow:
            return claim_domain(uow, self.connections[slug], domain)

    def publish(self, claim: Claim) -> None:
        """Write the record into the DNS."""
        self.names.texts.setdefault(claim.record_name, []).append(claim.record_value)

    def check(self, claim: Claim) -> Claim:
        return check_domain(self.hub, claim.connection_id, claim.domain)[0]

    def ways(self, email: str) -> list[str]:
        """Slugs of the connections that somebody with this address is sent to."""
        with self.hub.reading() as uow:
            return [connection.slug for connection in connections_for_email(uow, email)]

    def audited(self, action: str) -> list[str]:
        """What the audit trail says was done or refused, in order."""
        query = sa.select(audit).where(audit.c.action == action).order_by(audit.c.position)
        with self.hub.reading() as uow:
            return [row.reason or row.detail["done"] for row in uow.connection.execute(query)]
