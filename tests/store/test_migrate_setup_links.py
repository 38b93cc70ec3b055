"""Setup links and routes of e-mail domains that were there before go on working."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import command

from hub.app import open_hub
from hub.config import Settings
from hub.ids import new_id
from hub.network.systems.connections import connections_for_email
from hub.network.systems.setup_links import list_setup_links
from hub.sso.onboarding.domains import list_domains
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config

LINK = (
    "INSERT INTO setup_link (id, code_hash, partner_id, kind, name, created_at, expires_at)"
    " VALUES (:id, :code, :partner, :kind, :name, '2026-01-01T00:00:00.000000+00:00',"
    " '2026-02-01T00:00:00.000000+00:00')"
)


def test_links_and_routes_of_before(new_database: Callable[..., str]) -> None:
    url = new_database(migrated=False)
    engine = open_engine(url)
    partner, connection_id = new_id(), new_id()
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0022")
        run = connection.execute
        run(sa.text("INSERT INTO partner (id, name) VALUES (:id, 'Harbor')"), {"id": partner})
        for kind in ("tool", "platform", "both"):
            run(sa.text(LINK), {"id": new_id(), "code": kind, "name": kind, "kind": kind, "partner": partner})
        values = {"id": connection_id, "partner": partner}
        run(
            sa.text(
                "INSERT INTO connection (id, slug, partner_id, kind, name, disabled)"
                " VALUES (:id, 'idp', :partner, 'oidc', 'Harbor', false)"
            ),
            values,
        )
        run(
            sa.text("INSERT INTO email_domain (domain, connection_id) VALUES ('harbor.example', :id)"), values
        )
    migrate(engine)
    engine.dispose()
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    with hub.reading() as uow:
        links = {link.name: link.parts for link in list_setup_links(uow)}
        claims = [(claim.domain, claim.state) for claim in list_domains(uow, connection_id)]
        ways = [connection.slug for connection in connections_for_email(uow, "a@harbor.example")]
    hub.close()
    assert links == {"tool": ("tool",), "platform": ("platform",), "both": ("tool", "platform")}
    assert claims == [("harbor.example", "vouched")]
    assert ways == ["idp"]
