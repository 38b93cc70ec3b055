"""Tools and launches that were there before deployments go on working."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import command

from hub.app import open_hub
from hub.clock import SystemClock
from hub.config import Settings
from hub.ids import new_id
from hub.lti import tables as lti
from hub.lti.deployments import list_deployments
from hub.lti.tools import read_tool
from hub.network import tables as network
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config
from hub.training import tables as training

NOW = SystemClock().now()


def rows() -> dict[sa.Table, dict[str, Any]]:
    """A tool with one course, and a launch of it, as they were kept before."""
    partner_id, person_id, connection_id, offering_id, link_id = (new_id() for _ in range(5))
    return {
        network.partner: {"id": partner_id, "name": "Riverside"},
        network.person: {"id": person_id, "partner_id": partner_id, "locale": "en", "disabled": False},
        network.connection: {
            "id": connection_id,
            "slug": "north",
            "kind": "lms",
            "name": "North",
            "disabled": False,
        },
        lti.lti_tool: {
            "connection_id": connection_id,
            "client_id": "client-1",
            "deployment_id": "deployment-1",
            "login_url": "https://lms.example/login",
            "launch_url": "https://lms.example/launch",
            "redirect_uris": ["https://lms.example/launch"],
            "jwks_url": "https://lms.example/jwks",
            "scopes": [],
            "shares_personal_data": True,
            "disabled": False,
        },
        training.offering: {
            "id": offering_id,
            "connection_id": connection_id,
            "external_id": "brakes",
            "key": "brakes",
            "title": "Brakes",
            "description": "",
            "activity_id": "https://lms.example/brakes",
            "completion_policy": "",
            "launch": {},
            "retired": False,
        },
        lti.lti_resource_link: {
            "id": link_id,
            "offering_id": offering_id,
            "connection_id": connection_id,
            "custom": {},
        },
        lti.lti_launch: {
            "id": new_id(),
            "hint_hash": "0" * 64,
            "person_id": person_id,
            "resource_link_id": link_id,
            "session_hash": "",
            "registration": new_id(),
            "created_at": NOW,
        },
    }


def test_an_older_tool_has_one_deployment_and_its_launches_belong_to_it(
    new_database: Callable[..., str],
) -> None:
    url, before = new_database(migrated=False), rows()
    engine = open_engine(url)
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0008")
        for table, values in before.items():
            connection.execute(sa.insert(table).values(**values))
    migrate(engine)
    engine.dispose()
    connection_id = before[network.connection]["id"]
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    with hub.reading() as uow:
        (deployment,) = list_deployments(uow, connection_id)
        tool = read_tool(uow, connection_id)
        launch = uow.connection.execute(sa.select(lti.lti_launch)).one()
    hub.close()
    assert (deployment.deployment_id, deployment.partner_id, deployment.disabled) == (
        "deployment-1",
        None,
        False,
    )
    assert (tool.closed, tool.custom) == ("", {})
    assert (launch.connection_id, launch.deployment_id) == (connection_id, "deployment-1")
    assert (launch.message_type, launch.role) == ("LtiResourceLinkRequest", "Learner")
