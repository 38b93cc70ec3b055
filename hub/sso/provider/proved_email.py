"""Whether the hub can stand for an e-mail address towards other systems: somebody answered a mail, or its domain is proved."""

import sqlalchemy as sa

from hub.network.people.person import Person
from hub.network.systems.mail_domains import ascii_domain
from hub.network.tables import connection
from hub.sso.local.tables import local_account
from hub.sso.onboarding.tables import domain_claim
from hub.store import UnitOfWork
from hub.store.driver import Question

_account, _claim, _connection = local_account, domain_claim, connection
_MAILED = sa.exists().where(
    _account.c.person_id == sa.bindparam("person_id"),
    _account.c.email == sa.bindparam("email"),
    _account.c.verified_at.is_not(None),
)
_DOMAIN = sa.exists().where(
    _claim.c.domain == sa.bindparam("domain"),
    _claim.c.proved_at.is_not(None),
    _claim.c.lost_at.is_(None),
    _claim.c.connection_id == _connection.c.id,
    _connection.c.partner_id == sa.bindparam("partner_id"),
    ~_connection.c.disabled,
)
_IS_PROVED = Question(sa.select(sa.or_(_MAILED, _DOMAIN).label("is_proved")))


def is_email_proved(uow: UnitOfWork, person: Person) -> bool:
    """Whether the person answered a mail to this very address, or the DNS proves its domain to be the employer's.

    A domain that only an operator vouched for, or whose proof is lost, proves no address; nor do domains of other partners.
    """
    email = person.email.strip().lower()
    domain = ascii_domain(email.rpartition("@")[2]) if "@" in email else ""
    if not domain:
        return False
    row = _IS_PROVED.ask(
        uow.connection, person_id=person.id, email=email, domain=domain, partner_id=person.partner_id
    )
    return row is not None and bool(row.is_proved)
