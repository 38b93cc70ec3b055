"""What tests of courses do: import, launch from the page, and look at the record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import flask
import sqlalchemy as sa

from hub.audiences.assigning.reassign import reassign_people
from hub.clock import SettableClock
from hub.journal.tables import statement as statement_table
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.testing.cmi5_au import Answer, Send, SimulatedAu
from hub.training.courses.offerings import find_offering
from hub.training.my_training.plan import PlanLine, read_plan
from hub.xapi.cmi5.courses import Node, course_of_offering, read_nodes
from hub.xapi.cmi5.import_course import Imported, connect_courses, import_course
from tests.web.world import PUBLIC_URL, World
from tests.xapi.cmi5.packages import package


@dataclass
class Courses:
    """The cmi5 courses of a hub, as Ana meets them."""

    world: World

    @property
    def hub(self) -> Hub:
        return self.world.hub

    @property
    def clock(self) -> SettableClock:
        assert isinstance(self.hub.clock, SettableClock)
        return self.hub.clock

    def begin(self) -> "Courses":
        """The connection, and an appointment for Ana."""
        with self.hub.unit_of_work() as uow:
            self.world.ids["library"] = connect_courses(uow, "library", "Course library")
        self.world.appoint("ana", "clerk", "riverside")
        return self

    def read(self, content: bytes, **options: Any) -> Imported:
        """Import a package."""
        return import_course(self.hub, content, "library", **options)

    def add(self, content: bytes | None = None, key: str = "brakes") -> str:
        """Import a package and assign it to everybody at the front desk; the offering's id."""
        self.read(package() if content is None else content, key=key)
        self.world.rule(key, key, key, "service", positions=["clerk"])
        with self.hub.unit_of_work() as uow:
            reassign_people(uow, [self.world.ids["ana"]])
            self.world.ids[key] = find_offering(uow, key).id
        return self.world.ids[key]

    def nodes(self, key: str = "brakes") -> dict[str, Node]:
        """Blocks and AUs by the last word of the publisher's id."""
        with self.hub.reading() as uow:
            course = course_of_offering(uow, self.world.ids[key])
            return {node.publisher_id.rpartition("/")[2]: node for node in read_nodes(uow, course.id)}

    def launch(
        self, au: str = "", mode: str = "Normal", key: str = "brakes", who: str = "ana"
    ) -> SimulatedAu:
        """Press the button of an AU, and be the AU that opens."""
        form = {"mode": mode} | ({"au": self.nodes(key)[au].id} if au else {})
        browser = self.world.browser(who)
        answer = browser.send(
            f"/courses/{self.world.ids[key]}/launch", f"/courses/{self.world.ids[key]}", **form
        )
        assert answer.status_code == 303, answer.text
        return SimulatedAu(answer.headers["Location"], self.send, self.clock.now())

    def start(self, au: str = "", mode: str = "Normal", key: str = "brakes") -> SimulatedAu:
        """Launch an AU that fetches its token and its documents."""
        return self.launch(au, mode, key).start()

    @property
    def send(self) -> Send:
        """Requests of an AU."""
        return requests_of(self.world.app)

    def statements(self, *verbs: str) -> list[dict[str, Any]]:
        """What the record holds of the course library, in order; of some verbs by their last word."""
        with self.hub.reading() as uow:
            connection = find_connection(uow, "library")
            payloads = uow.connection.scalars(
                sa.select(statement_table.c.payload)
                .where(statement_table.c.connection_id == connection.id)
                .order_by(statement_table.c.position)
            ).all()
        told = [json.loads(payload) for payload in payloads]
        return [each for each in told if not verbs or verb_of(each) in verbs]

    def verbs(self) -> list[str]:
        """The last words of all verbs, in order."""
        return [verb_of(each) for each in self.statements()]

    def line(self, key: str = "brakes") -> PlanLine:
        """Ana's line for a course, after the readers caught up."""
        self.world.work()
        with self.hub.reading() as uow:
            plan = read_plan(uow, self.world.ids["ana"], ("offering", self.world.ids[key]))
        [line] = [*plan.open, *plan.done]
        return line

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.clock.advance(**time)


def requests_of(app: flask.Flask) -> Send:
    """Requests without cookies to a hub under test; every address that it gives out is its own."""

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        assert url.startswith(PUBLIC_URL + "/"), url
        parts = urlsplit(url)
        answer = app.test_client().open(
            parts.path,
            method=method,
            query_string=parts.query,
            headers=dict(headers),
            data=body,
            base_url=PUBLIC_URL,
        )
        text = answer.text
        answer.close()
        return Answer(answer.status_code, dict(answer.headers), text)

    return send


def verb_of(statement: Mapping[str, Any]) -> str:
    """The last word of a statement's verb."""
    return str(statement["verb"]["id"]).rpartition("/")[2]


def problems(answer: Answer) -> dict[str, str]:
    """Messages by place of a refusal."""
    assert answer.status == 403, answer.text
    found: dict[str, str] = {}
    for each in answer.json["problems"]:
        found[each["place"]] = f"{found.get(each['place'], '')}{each['message']}\n"
    return found
