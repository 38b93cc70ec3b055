"""A hub in full use, for looking at pages: long names, long lists, things that are late, and things that went wrong."""

from datetime import timedelta

import sqlalchemy as sa

from hub.access.roles import grant_partner_admin
from hub.audiences.profiles.plan_profiles import from_text, make_profiles
from hub.audiences.rules.rule import switch_plugin
from hub.ids import new_id
from hub.journal import audit, enqueue
from hub.journal import tables as journal
from hub.lifecycle.rules import Rule as RetentionRule
from hub.lifecycle.rules import set_rule
from hub.lti.launch import start_launch
from hub.runtime import Hub
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.forward.stores import StoreConfig, add_store
from hub.xapi.forward.tables import forward_parked
from tests.web.world import World, build_world, course

LONG_TITLE = "Advanced Diagnostics of Networked Chassis Control Systems in the Current and the Previous Model Range, Part"
TEAM = 26


def build_busy_world(hub: Hub) -> World:
    """The small network, with much going on in it. ``max`` has the longest names and the longest plan."""
    world = build_world(hub)
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "first_90_days", on=True)
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
    world.appoint("ana", "technician", "riverside", ["borealis"], days=40)
    world.appoint("ana", "seller", "hilltop", ["aurora"], days=192)
    world.complete("ana", "needs", "south", days=3)
    world.person("eva", "Eva", "Nyström")
    world.appoint("eva", "clerk", "riverside", ["aurora", "caldera"])
    _add_long_plan(world)
    for number in range(TEAM):
        name = f"p{number}"
        world.person(name, ("Mia", "Noah", "Aya", "Omar")[number % 4], f"Silva-{number}")
        world.appoint(name, "technician", "riverside", ["borealis"], days=(20, 180, 400)[number % 3])
    world.complete("p1", "brake-safety", "north", days=2)
    world.complete("stranger", "needs", "south")
    _add_history(world)
    _add_receiving_stores(world)
    _add_retention_rules(world)
    _add_profiles(world)
    return world


def _add_long_plan(world: World) -> None:
    rows = [
        course(f"m{n}", f"{LONG_TITLE if n % 4 == 0 else 'Coolant Circuits, Lesson'} {n + 1}")
        for n in range(25)
    ]
    world.courses("south", course("needs", "Understanding Customer Needs", 40), *rows)
    for number in range(25):
        dates = {"due_days": 100 + number * 6} if number % 2 else {}
        world.rule(f"m-{number}", f"Lesson {number}", f"m{number}", "service", brands=["caldera"], **dates)
    world.person("max", "Maximiliane Alexandra", "von Hohenstein-Oberhausen zu Wittelsbach")
    world.appoint("max", "technician", "riverside", ["borealis", "caldera"], days=150)
    world.appoint("max", "seller", "hilltop", ["caldera"], days=120)
    for number in range(3, 10):
        world.complete("max", f"m{number}", "south")


def _add_history(world: World) -> None:
    hub, ids = world.hub, world.ids
    start_launch(hub, ids["ana"], ids["battery"], "session")
    hub.audit_refusal("launch", "not_assigned", ids["price"], actor_id=ids["ana"])
    hub.audit_refusal("sign_in", "unknown_domain")
    with hub.unit_of_work() as uow:
        audit(uow, "sign_in", ids["ana"], actor_id=ids["ana"], connection_id=ids["idp"])
        audit(uow, "launch", ids["battery"], actor_id=ids["ana"], connection_id=ids["north"])
        enqueue(uow, "tell", "webhooks", "parked", {"hook": "credit_granted"}, person_id=ids["ana"])
        error = f"OutsideFailed: https://crm.example/{'very-long-address/' * 8}hooks answered 500."
        row = journal.outbox.c.key == "parked"
        uow.connection.execute(
            sa.update(journal.outbox).where(row).values(state="parked", attempts=12, last_error=error)
        )
        failing = {
            "failures": 3,
            "last_error": "HubError: The plugin standard_completion failed.",
            "retry_at": uow.now,
        }
        failing["retry_at"] = uow.now + timedelta(minutes=1)
        uow.connection.execute(
            sa.update(journal.reader).where(journal.reader.c.name == "publish").values(failing)
        )


def _add_retention_rules(world: World) -> None:
    looked_at = "http://adlnet.gov/expapi/verbs/experienced"
    with world.hub.unit_of_work() as uow:
        set_rule(uow, RetentionRule("", "Everything, after so many years that nobody asks for it", 3650))
        set_rule(uow, RetentionRule("", "What was only looked at", 30, looked_at))


def _add_receiving_stores(world: World) -> None:
    """One that works and has refused statements, with reasons and addresses of some length, and one that fails."""
    with world.hub.unit_of_work() as uow:
        address = "https://record-store.national-training-authority.example.com/tenants/0123456789/xapi"
        narrow = StatementFilter(
            ("http://adlnet.gov/expapi/verbs/completed", "http://adlnet.gov/expapi/verbs/passed"),
            (f"https://lms.example/{'a-very-long-path/' * 6}*",),
            ("new-technicians",),
            (world.ids["dealer"],),
        )
        added = {}
        for slug, filter in (("archive", narrow), ("failing", StatementFilter())):
            config = StoreConfig(
                f"Archive of the {slug} kind", address, "1.0.3", "basic", "hub", filter=filter
            )
            added[slug] = add_store(uow, world.hub.sealer, slug, config, "secret", from_beginning=True)
        error = {"failures": 2, "last_error": f"answered 503: {'we are away for maintenance, ' * 12}"}
        failing = journal.reader.c.name == "forward:failing"
        uow.connection.execute(
            sa.update(journal.reader).where(failing).values(retry_at=uow.now + timedelta(minutes=5), **error)
        )
        rows = [
            ("parked", "a reason"),
            ("waiting", "x" * 300),
            ("dismissed", "long words " * 40),
            ("delivered", ""),
        ]
        refused = {
            "store_id": added["archive"],
            "status": 400,
            "attempts": 1,
            "parked_at": uow.now,
            "settled_at": None,
        }
        uow.execute_many(
            sa.insert(forward_parked),
            [
                {**refused, "position": place, "statement_id": new_id(), "state": state, "reason": reason}
                for place, (state, reason) in enumerate(rows, 1)
            ],
        )


def _add_profiles(world: World) -> None:
    """One that inherits from another, with a workflow of each state and a report."""
    flow = """
[[profile.workflow]]
key = "{key}"
title = "Hello"
on = "joined"
reason = "you are new"
status = "{status}"
{does}
"""
    base = (
        '[[profile]]\nkey = "base"\ntitle = "Everybody"\nfloor = 15\nprovisioning = ["scim", "invitation"]\n'
    )
    workshops = '[[profile]]\nkey = "workshops"\ntitle = "Workshops"\nextends = "base"\naudiences = ["new-technicians"]\n'
    report = '[[profile.report]]\nkey = "reached"\ntitle = "Training reached"\nmetric = "completed"\nby = "location"\n'
    hello = flow.format(key="hello", status="draft", does='give = { target = "path:first-90-days" }')
    call = flow.format(key="call", status="live", does='tell = { words = "Somebody is new." }')
    make_profiles(world.hub, from_text(base + workshops + hello + call + report))
