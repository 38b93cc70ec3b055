"""Whoever a SCIM client switched off before the hub kept who did it can be switched on by it again."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import command

from hub.app import open_hub
from hub.config import Settings
from hub.ids import new_id
from hub.network.people.provision import who_switched_off
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config

AUDIT = (
    "INSERT INTO audit (id, at, action, outcome, reason, subject_id, detail)"
    " VALUES (:id, '2026-01-01T00:00:00.000000+00:00', :action, 'done', '', :person, :detail)"
)
MERGE = (
    "INSERT INTO person_merge (id, from_id, to_id, at, undone_at, body)"
    " VALUES (:id, :gone, :stays, '2026-01-01T00:00:00.000000+00:00', :undone, '{}')"
)
PEOPLE = {
    "by scim": (True, ["off:operator", "on:operator", "off:scim"], "scim"),
    "by an operator": (True, ["off:scim", "on:scim", "off:operator"], "operator"),
    "by the files": (True, ["off:scim", "on:scim"], None),
    "never": (True, [], None),
    "on again": (False, ["off:scim", "on:scim"], None),
    "merged": (True, ["off:scim"], None),
    "was merged": (True, ["off:scim"], "scim"),
}


def test_who_switched_somebody_off_before(new_database: Callable[..., str]) -> None:
    url = new_database(migrated=False)
    engine = open_engine(url)
    ids = {name: new_id() for name in PEOPLE}
    partner = new_id()
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0026")
        run = connection.execute
        run(sa.text("INSERT INTO partner (id, name) VALUES (:id, 'Harbor')"), {"id": partner})
        person = sa.text(
            "INSERT INTO person (id, partner_id, locale, disabled) VALUES (:id, :partner, 'en', :off)"
        )
        for name, (off, story, _) in PEOPLE.items():
            run(person, {"id": ids[name], "partner": partner, "off": off})
            for action, reason in (each.split(":") for each in story):
                detail = f'{{"reason": "{reason}"}}'
                row = {"id": new_id(), "action": f"person_switched_{action}", "person": ids[name]}
                run(sa.text(AUDIT), {**row, "detail": detail})
        for gone, undone in (("merged", None), ("was merged", "2026-01-02T00:00:00.000000+00:00")):
            values = {"id": new_id(), "gone": ids[gone], "stays": ids["on again"], "undone": undone}
            run(sa.text(MERGE), values)
    migrate(engine)
    engine.dispose()
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    with hub.reading() as uow:
        found = {name: who_switched_off(uow, ids[name]) for name in PEOPLE}
    hub.close()
    assert found == {name: reason for name, (_, _, reason) in PEOPLE.items()}
