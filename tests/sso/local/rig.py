"""Accounts of the hub under test: a partner with its people, what was mailed, and what was written."""

import json
import re
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import tables as journal
from hub.network import tables as network
from hub.network.people.provision import NewPerson, create_person
from hub.notify.tables import mail
from hub.runtime import Hub
from hub.sso.local.accounts import Account, accounts_of, connect_account, open_account
from hub.sso.local.invite import invite_person
from hub.sso.local.opening import begin_passkey, open_with_passkey
from hub.sso.local.passwords import hash_password
from hub.sso.local.sign_in import Arrival, sign_in_with_passkey, sign_in_with_password
from hub.sso.local.sign_in import begin_passkey as begin_sign_in
from hub.sso.local.ways_in import set_hash
from hub.sso.sessions import Session, find_session
from hub.testing.authenticator import Authenticator
from tests.rows import count_rows

EMAIL = "tess@riverside.example"
PASSWORD = "purple lamp over river"
HERE = "192.0.2.1"
BROWSER = "the cookie of a browser"
MAY_CHANGE = {"audit", "request_count", "passkey_challenge"}
"""What a refusal may leave behind; everything else must be as before."""


@cache
def kept_hash() -> str:
    """The hash of PASSWORD, made once: it takes its time by design."""
    return hash_password(PASSWORD)


@dataclass
class Local:
    """Riverside's people and their accounts."""

    hub: Hub
    partner_id: str
    tess: str

    def person(self, given: str, email: str, partner_id: str = "") -> str:
        """A new person of Riverside, or of another partner."""
        with self.hub.unit_of_work() as uow:
            new = NewPerson(partner_id or self.partner_id, given, "Okafor", email)
            return create_person(uow, new, made_by="invitation")

    def partner(self, name: str) -> str:
        """A new partner."""
        with self.hub.unit_of_work() as uow:
            uow.insert(network.partner, id=(partner_id := new_id()), name=name)
        return partner_id

    def account(
        self, person_id: str = "", email: str = EMAIL, *, password: str = "", verified: bool = True
    ) -> Account:
        """An account that PASSWORD opens, as an invitation would have made it."""
        with self.hub.unit_of_work() as uow:
            account = open_account(uow, self.partner_id, person_id or self.tess, email)
            set_hash(uow, account.id, hash_password(password) if password else kept_hash())
            connect_account(uow, account, proved_address=verified)
            return account

    def invite(self, person_id: str = "") -> str:
        """The code of a new invitation, as whoever invites hands it over."""
        with self.hub.unit_of_work() as uow:
            return code_of(invite_person(uow, self.partner_id, person_id or self.tess, None))

    def authenticator(self) -> Authenticator:
        """A new device."""
        return Authenticator("https://hub.example.com", "hub.example.com")

    def passkey(self, code: str = "") -> Authenticator:
        """A device whose passkey opens Tess's account, made with an invitation."""
        code, device = code or self.invite(), self.authenticator()
        asked = begin_passkey(self.hub, "invitation", code, BROWSER, HERE)
        open_with_passkey(
            self.hub, "invitation", code, BROWSER, device.create(asked), HERE, Arrival(device="Firefox")
        )
        return device

    def sign_in(self, device: Authenticator, browser: str = BROWSER, old_session: str = "") -> str:
        """The token of a session, by passkey."""
        answer = device.get(begin_sign_in(self.hub, browser, HERE))
        return sign_in_with_passkey(self.hub, browser, answer, HERE, Arrival(old_session)).token

    def type_password(
        self, password: str = PASSWORD, email: str = EMAIL, address: str = HERE, old: str = ""
    ) -> str:
        """The token of a session, by password."""
        return sign_in_with_password(self.hub, email, password, address, Arrival(old)).token

    def session(self, token: str) -> Session | None:
        """The session of a token, while it lasts."""
        with self.hub.reading() as uow:
            return find_session(uow, token)

    def accounts(self, person_id: str = "") -> list[Account]:
        with self.hub.reading() as uow:
            return accounts_of(uow, person_id or self.tess)

    def mails(self) -> list[dict[str, str]]:
        """What was written so far, the oldest first: ``to``, ``subject``, ``text``."""
        with self.hub.reading() as uow:
            sealed = uow.connection.scalars(
                sa.select(mail.c.sealed_letter).order_by(mail.c.created_at, mail.c.id)
            )
            return [json.loads(self.hub.sealer.open(one)) for one in sealed]


class Record:
    """What the database held at one moment, to compare with what it holds later."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rows, self._audited = count_rows(self._hub), len(self._audit())

    def changed_tables(self) -> set[str]:
        now = count_rows(self._hub)
        return {name for name in now if now[name] != self._rows[name]} - MAY_CHANGE

    def audit_since(self) -> list[tuple[str, str, str]]:
        return self._audit()[self._audited :]

    def assert_refused(self, reason: str, action: str = "sign_in") -> None:
        """Nothing was written but one audit row."""
        assert self.changed_tables() == set()
        assert self.audit_since() == [(action, "refused", reason)]

    def _audit(self) -> list[tuple[str, str, str]]:
        audit = journal.audit.c
        with self._hub.reading() as uow:
            rows = uow.connection.execute(
                sa.select(audit.action, audit.outcome, audit.reason).order_by(audit.position)
            )
            return [(row.action, row.outcome, row.reason) for row in rows]


def new_local(hub: Hub) -> Local:
    """Riverside with Tess."""
    local = Local(hub, "", "")
    local.partner_id = local.partner("Riverside Cars")
    local.tess = local.person("Tess", EMAIL)
    return local


def code_of(text: str) -> str:
    """The code in an address, or in a mail's text."""
    found = re.search(r"/(?:invitation|recover|register/[a-z0-9-]+)/([\w-]{43})", text)
    assert found, text
    return found[1]
