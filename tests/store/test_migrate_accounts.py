"""Accounts of the hub's own and shared connections that were there before go on working."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import command

from hub.app import open_hub
from hub.config import Settings
from hub.ids import new_id
from hub.sso.home_realm import ways_of_partner
from hub.sso.local.accounts import find_accounts
from hub.sso.local.ways_in import is_open, read_hash
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config

AT = "'2026-01-01T00:00:00.000000+00:00'"
BEFORE = (
    "INSERT INTO partner (id, name) VALUES (:partner, 'Harbor')",
    "INSERT INTO person (id, partner_id, locale, disabled) VALUES (:person, :partner, 'en', false)",
    (
        "INSERT INTO connection (id, slug, partner_id, kind, name, disabled)"
        " VALUES (:own, 'local', :partner, 'local', 'Harbor', false)"
    ),
    "INSERT INTO connection (id, slug, kind, name, disabled) VALUES (:shared, 'group', 'oidc', 'Group', false)",
    (
        "INSERT INTO sign_in_policy (connection_id, attributes, creates_people, refreshes_details, partner_claim, partners)"
        " VALUES (:shared, '{}', false, false, 'org', :partners)"
    ),
    (
        "INSERT INTO local_account (id, connection_id, person_id, email, created_at)"
        f" VALUES (:account, :own, :person, 'ina@harbor.example', {AT})"
    ),
    f"INSERT INTO local_password (account_id, hash, changed_at) VALUES (:account, 'hash', {AT})",
    (
        "INSERT INTO passkey (id, account_id, credential_id, public_key, sign_count, transports, name, created_at)"
        f" VALUES (:passkey, :account, 'c', 'k', 7, '[]', 'Phone', {AT})"
    ),
    (
        "INSERT INTO account_link (id, account_id, kind, created_at, expires_at)"
        f" VALUES (:link, :account, 'invitation', {AT}, {AT})"
    ),
)


def test_accounts_and_shared_connections_of_before(new_database: Callable[..., str]) -> None:
    url = new_database(migrated=False)
    engine = open_engine(url)
    names = ("partner", "person", "own", "shared", "account", "passkey", "link")
    ids = {name: new_id() for name in names}
    gone = new_id()
    values = {**ids, "partners": f'{{"harbor": "{ids["partner"]}", "gone": "{gone}"}}'}
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0025")
        for statement in BEFORE:
            wanted = {name: values[name] for name in values if f":{name}" in statement}
            if connection.dialect.name == "postgresql":
                statement = statement.replace(":partners", "CAST(:partners AS jsonb)")
            connection.execute(sa.text(statement), wanted)
    migrate(engine)
    engine.dispose()
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    with hub.reading() as uow:
        [account] = find_accounts(uow, "ina@harbor.example", 5)
        assert (account.id, account.person_id) == (ids["account"], ids["person"])
        assert (is_open(uow, account.id), read_hash(uow, account.id)) == (True, "hash")
        count = uow.connection.scalar(sa.text("SELECT sign_count FROM passkey"))
        assert (count, uow.connection.scalar(sa.text("SELECT count(*) FROM account_link"))) == (7, 1)
        assert [each.slug for each in ways_of_partner(uow, ids["partner"])] == ["local", "group"]
    hub.close()
