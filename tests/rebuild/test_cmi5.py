"""What came of a cmi5 course follows from the journals alone."""

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from hub.app import create_app
from hub.audiences.rules.conditions import Conditions
from hub.rebuild.verify import verify
from hub.testing.cmi5_au import SimulatedAu
from hub.training.courses.offerings import find_offering
from hub.training.tables import completion
from hub.xapi.cmi5.import_course import connect_courses, import_course
from hub.xapi.cmi5.launch import Asked, start_launch
from tests.databases import Kind
from tests.journeys.happenings import Appointed, RuleSet
from tests.journeys.world import an_id, new_world
from tests.xapi.cmi5.packages import package
from tests.xapi.cmi5.rig import requests_of


def test_a_satisfied_course_is_credited_again_by_a_rebuild(database_kind: Kind, tmp_path: Path) -> None:
    with new_world(database_kind) as world:
        stored = {"storage_url": f"file://{tmp_path / 'files'}"}
        hub = replace(world.hub, settings=world.hub.settings.model_copy(update=stored))
        Appointed(0, 0, 0, "technician", "internal", (), -100, None).happen(world)
        with hub.unit_of_work() as uow:
            connect_courses(uow, "library", "Course library")
        import_course(hub, package(), "library", "brakes")
        RuleSet(
            "brakes", "service", "brand", ("offering", "brakes"), Conditions(), -300, None, None, None
        ).happen(world)
        world.drain()
        with hub.reading() as uow:
            offering = find_offering(uow, "brakes").id
        address = start_launch(hub, an_id("person", 0), Asked(offering))
        unit = SimulatedAu(address, requests_of(create_app(hub)), world.clock.now()).start()
        assert unit.report(unit.initialized(), unit.passed(0.9), unit.terminated()).status == 200
        world.drain()
        with hub.reading() as uow:
            found = uow.connection.execute(
                sa.select(completion).where(completion.c.offering_id == offering)
            ).one()
        assert (found.person_id, found.policy) == (an_id("person", 0), "cmi5-satisfied")
        assert verify(hub, patience=0).equal
