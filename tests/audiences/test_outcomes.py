"""What follows from a change is in its plan: credits, mails, what plugins are told; 200 random changes do what they said (D2, I16)."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from hub.api import CreditGranted, CreditRevoked, hookimpl
from hub.audiences.assigning.reassign import reassign
from hub.audiences.files.shapes import PathTable
from hub.audiences.plans.diff import (
    AudienceChange,
    Diff,
    ItemChange,
    Outcome,
    PathChange,
    SwitchChange,
    compare_rule,
)
from hub.audiences.plans.planning import make_change, plan_change, write_changes
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, Rule, read_audience, read_rules, record_switch
from hub.journal.tables import event, outbox
from hub.network import tables as network
from hub.network.people.preferences import Preferences
from hub.notify.digests import write_digests
from hub.notify.follow import notice_reader
from hub.notify.preferences import choose_messages
from hub.notify.send_mail import MAIL
from hub.notify.tables import mail, notice, notice_news
from hub.publish import TELL, publish
from hub.store import UnitOfWork
from hub.training.courses.offerings import find_target, set_path
from hub.training.credit.recognize import recognize, recognize_changes
from hub.training.tables import goal
from hub.worker import Worker
from tests.databases import Kind
from tests.journeys.happenings import Appointed, Arrived, Linked, Switched, Voided
from tests.journeys.world import (
    AUDIENCES,
    BRANDS,
    COURSES,
    LMSS,
    PEOPLE,
    PLUGINS,
    START,
    Sent,
    World,
    activity,
    an_id,
    day,
    new_world,
)

DIFFS: dict[Kind, int] = {"sqlite": 40, "postgres": 10}
CHANGES = 5
"""In each."""


class Hears:
    """A plugin that tells another system of credits."""

    hub_api = "1.1"

    @hookimpl
    def credit_granted(self, event: CreditGranted) -> None:
        """Once for each."""

    @hookimpl
    def credit_revoked(self, event: CreditRevoked) -> None:
        """Once for each."""


def furnish(world: World) -> None:
    """Two people with two appointments each, who have completed much."""
    settings = {"smtp_url": SecretStr("smtp://mail.example"), "mail_from": "hub@example.com"}
    world.hub = replace(world.hub, settings=world.hub.settings.model_copy(update=settings))
    readers = (recognize, recognize_changes, reassign, publish, notice_reader)
    world.worker = Worker(world.hub, readers, {kind: lambda _: None for kind in (TELL, MAIL)})
    for n in range(PEOPLE):
        Linked(0, n, "mbox").happen(world)
        Linked(1, n, "mbox").happen(world)
        Appointed(n, 0, 0, "technician", "internal", BRANDS, -100, None).happen(world)
        Appointed(n, 1, 1, "advisor", "external", BRANDS[:1], -20, 60).happen(world)
    with world.hub.unit_of_work() as uow:
        detail = network.person_detail
        for n, email in enumerate(("ann@example.com", "bob@example.com")):
            uow.insert(detail, person_id=an_id("person", n), given_name="A", family_name="B", email=email)
        choose_messages(uow, an_id("person", 1), Preferences(unwanted=frozenset({"credited"})))
    Switched("everybody", "first_days", True).happen(world)
    sent = [
        Sent(lms, n, "mbox", activity(lms, course), "completed", -(10 * course + 30 * lms + n))
        for lms in range(LMSS)
        for course in range(COURSES)
        for n in range(PEOPLE)
    ]
    Arrived(tuple(sent[1:])).happen(world)
    Voided(sent[-1], LMSS - 1).happen(world)
    world.drain()


def some_change(random: Random, uow: UnitOfWork) -> ItemChange | None:
    """Nothing where it is so already."""
    kind = random.choice(["rule"] * 6 + ["switch"] * 3 + ["path", "audience"])
    if kind == "rule":
        return compare_rule(*_rule(random, uow))
    if kind == "switch":
        audience, plugin = random.choice(AUDIENCES), random.choice([*PLUGINS])
        is_on = any((row.audience, row.plugin) == (audience, plugin) for row in _switches(uow))
        return None if plugin == "hears" else SwitchChange(read_audience(uow, audience), plugin, not is_on)
    if kind == "path":
        steps = random.sample([f"course-{n}-{m}" for n in range(LMSS) for m in range(COURSES)], 2)
        after = PathTable(key="path-0", title="Welcome", description="", steps=steps)
        return PathChange(after, find_target(uow, "path", "path-0"))
    was = read_audience(uow, "technicians")
    becomes = Audience("technicians", "technicians", _conditions(random))
    return AudienceChange(was, becomes) if becomes != was else None


def _rule(random: Random, uow: UnitOfWork) -> tuple[Rule | None, Rule]:
    key, days = f"rule-{random.randrange(4)}", random.choice([None, 30, 200])
    target = random.choice(
        [("path", "path-0")] + [("offering", f"course-{n}-{m}") for n in (0, 1) for m in (0, 1)]
    )
    begins = random.choice([-300, -15, 0, 8])
    after = Rule(
        key,
        key,
        random.choice(["service", "sales"]),
        random.choice(["brand", "review"]),
        target[0],
        find_target(uow, *target),
        _conditions(random),
        START.fromisoformat(str(day(begins))),
        None if days is None else START.fromisoformat(str(day(begins + days))),
        random.choice([None, 3, 400]),
        random.choice([None, 0, 20]),
        status=random.choice(["live", "live", "live", "draft"]),
    )
    return {rule.key: rule for rule in read_rules(uow)}.get(key), after


def _conditions(random: Random) -> Conditions:
    position = random.choice(["technician", "advisor", None])
    return Conditions(
        positions=(an_id("position", position),) if position else (),
        brands=random.choice([(), (), (an_id("brand", BRANDS[1]),)]),
        audience_class=random.choice([None, None, "internal"]),
    )


def _switches(uow: UnitOfWork) -> Sequence[Any]:
    from hub.audiences.tables import audience_plugin as table

    return uow.connection.execute(sa.select(table).where(table.c.valid_to.is_(None))).all()


def write(uow: UnitOfWork, diff: Diff) -> None:
    write_changes()(uow, diff)
    for change in diff.changes:
        if isinstance(change, SwitchChange):
            record_switch(uow, change.audience.key, change.plugin, on=change.on)
        elif isinstance(change, PathChange):
            set_path(uow, change.key, change.after.title, "", change.after.steps)


def tell(world: World) -> None:
    """Let the worker do all it can, and write every digest there is; each may be the day's first."""
    world.drain()
    with world.hub.unit_of_work() as uow:
        while write_digests(uow):
            pass
        uow.connection.execute(sa.delete(mail))


def last_event(world: World) -> int:
    with world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.max(event.c.position))) or 0


def outcome_since(world: World, position: int) -> Outcome:
    """What came of it, by what is kept: events, notices, news that wait for goals to begin, and deliveries."""
    with world.hub.reading() as uow:
        events = uow.connection.execute(sa.select(event).where(event.c.position > position)).all()
        given = [each.body["goal_id"] for each in events if each.kind == "credit_granted"]
        revoked = [each for each in events if each.kind == "credit_revoked"]
        added = [id for each in events if each.kind == "plan_changed" for id in each.body["added"]]
        told = sa.select(notice.c.person_id).where(
            notice.c.told_at == uow.now, notice.c.goal_id.in_([*given, *added])
        )
        still_open = sa.select(goal.c.id).where(goal.c.id.in_(added), goal.c.reached_at.is_(None))
        waits = sa.select(notice_news.c.person_id).where(notice_news.c.goal_id.in_(still_open))
        people = set(uow.connection.scalars(sa.union(told, waits)))
        ids = [each.id for each in events]
        calls = [
            key for key in uow.connection.scalars(sa.select(outbox.c.key)) if key.rpartition(":")[2] in ids
        ]
    return Outcome(len(given), len(revoked), len(people), len(calls))


@pytest.mark.requirement("D2")
def test_200_random_changes_do_what_their_plans_said(
    database_kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PLUGINS, "hears", Hears)
    random, seen = Random(7), Outcome()
    with new_world(database_kind) as world:
        furnish(world)
        for number in range(DIFFS[database_kind]):
            world.clock.advance(days=random.choice([0, 1]), seconds=5)
            tell(world)
            world.clock.advance(seconds=1)
            seed = random.random()

            def compare(uow: UnitOfWork, seed: float = seed) -> Diff:
                chosen = Random(seed)
                made = [change for _ in range(CHANGES) if (change := some_change(chosen, uow))]
                # Paths come first: what would be credited by the old rules and new steps, and not by the new rules, is no outcome.
                paths = [change for change in made if isinstance(change, PathChange)]
                return Diff(tuple({type(c).__name__ + c.key: c for c in paths or made}.values()), 0)

            position = last_event(world)
            plan = plan_change(world.hub, compare)
            assert last_event(world) == position
            make_change(world.hub, compare, write, plan.hash)
            tell(world)
            assert plan.effects.outcome == outcome_since(world, position), (number, plan.changes)
            said = plan.effects.outcome
            assert said is not None
            seen = Outcome(
                *(one + other for one, other in zip(vars(seen).values(), vars(said).values(), strict=True))
            )
    assert all(vars(seen).values()), seen
