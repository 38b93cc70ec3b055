"""An operator who chooses courses in LMS north, and what north answers."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from joserfc import jws
from werkzeug.test import TestResponse

from hub.journal import tables as journal
from hub.lti.content.request import start_content
from hub.lti.content.tables import lti_content_request
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM, DEEP_LINKING_RESPONSE
from hub.network import tables as network
from hub.network.people.person import grant_role
from tests.lti.rig import Form, Rig, Session

SETTINGS = DEEP_LINKING_CLAIM + "deep_linking_settings"
ITEMS = DEEP_LINKING_CLAIM + "content_items"
DATA = DEEP_LINKING_CLAIM + "data"
SIZED = {"label": "Brakes", "scoreMaximum": 10, "resourceId": "b-1", "tag": "final"}
GOOD = {
    "type": "ltiResourceLink",
    "title": "Brakes",
    "text": "All about brakes",
    "url": "http://127.0.0.1:9/north/brakes",
    "custom": {"unit": "7"},
    "lineItem": SIZED,
}


class Choosing:
    """Ann runs the hub, and chooses in north."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        with rig.hub.unit_of_work() as uow:
            grant_role(uow, rig.world.ids["ann"], "operator")
        rig.sign_in("ann")

    def session(self, person: str = "ann", token_hash: str = "session-1") -> Session:
        return Session(self.rig.world.ids[person], "", token_hash)

    def resign(self) -> None:
        """Ann no longer runs the hub."""
        grant = network.role_grant
        with self.rig.hub.unit_of_work() as uow:
            uow.connection.execute(sa.delete(grant).where(grant.c.person_id == self.rig.world.ids["ann"]))

    def ask(self, lms: str = "north", *, accept_multiple: bool = True) -> dict[str, Any]:
        """The claims of a deep linking request that the tool has got."""
        login = start_content(self.rig.hub, lms, self.session(), accept_multiple=accept_multiple)
        request = self.rig.request_for(login, redirect_uri=f"http://127.0.0.1:9/{lms}/launch")
        answer = self.rig.authorize(request)
        return self.rig.claims(Form(answer.text).fields["id_token"])

    def answer(
        self,
        asked: Mapping[str, Any],
        *items: object,
        header: Mapping[str, Any] | None = None,
        key: Any = None,
        drop: str = "",
        **claims: Any,
    ) -> str:
        """North's signed answer, good unless told otherwise. Claims may be named by their last part."""
        now = int(self.rig.hub.clock.now().timestamp())
        body = {
            "iss": self.rig.north.client_id,
            "aud": self.rig.hub.settings.public_url,
            "iat": now,
            "exp": now + 300,
            "nonce": str(uuid4()),
            CLAIM + "message_type": DEEP_LINKING_RESPONSE,
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": self.rig.north.deployment_id,
            DATA: asked[SETTINGS]["data"],
            ITEMS: list(items),
        }
        full = {name.rpartition("/")[2]: name for name in body}
        body |= {full.get(name, name): value for name, value in claims.items()}
        body.pop(full.get(drop, drop), None)
        head = {"alg": "RS256", "kid": self.rig.keys.private.kid, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        signer = self.rig.keys.private if key is None else key
        payload = json.dumps(body).encode()
        return jws.serialize_compact(head, payload, signer, algorithms=[head["alg"]])

    def post(self, token: str, **fields: str) -> TestResponse:
        """What the browser brings back from north."""
        data = {"JWT": token, **fields}
        return self.rig.client.post("/lti/content", data=data, base_url=self.rig.base)

    def offer(self, *items: object, **claims: Any) -> str:
        """Have north offer items; the id of the request they answer."""
        answer = self.post(self.answer(self.ask(), *items, **claims))
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def kept(self, request_id: str) -> sa.Row[Any]:
        """The request as it is stored."""
        table = lti_content_request
        with self.rig.hub.reading() as uow:
            return uow.connection.execute(sa.select(table).where(table.c.id == request_id)).one()

    def reasons(self, request_id: str) -> list[str]:
        """Of each item, why it is refused."""
        return [item["reason"] for item in self.kept(request_id).items]

    def last_detail(self) -> dict[str, Any]:
        """What the newest audit row holds."""
        audit = journal.audit
        with self.rig.hub.reading() as uow:
            found = uow.connection.scalar(
                sa.select(audit.c.detail).order_by(audit.c.position.desc()).limit(1)
            )
        assert found is not None
        return dict(found)
