"""Whatever is done to profiles, going back restores the state of then, and the rebuild agrees (B86)."""

from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings

from hub.app import open_hub
from hub.audiences import tables
from hub.audiences.profiles.plan_profiles import (
    from_text,
    make_profiles,
    plan_profiles,
    remove_profile,
    roll_back_profile,
    switch_item,
)
from hub.audiences.profiles.profile import Profile
from hub.audiences.profiles.read_profiles import read_profile_versions, read_profiles
from hub.audiences.profiles.tables import audience_profile
from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import HubError
from hub.journal.tables import change
from hub.rebuild.apply_journal import apply_journal
from hub.rebuild.state_hash import TableHash, hash_state
from tests.databases import create_database
from tests.world import World

KINDS = (
    "profile_changed",
    "profile_removed",
    "rule_changed",
    "rule_removed",
    "audience_changed",
    "plugin_switched",
)
AUDIENCES = {"workshop": "technicians", "shop": "sellers"}
RULE = """
[[profile.rule]]
key = "{key}"
title = "{key}"
dimension = "general"
kind = "development"
target = "offering:{key}"
due_days = {days}
"""
FLOW = """
[[profile.workflow]]
key = "hello"
title = "Hello"
on = "completed"
reason = "{reason}"
give = {{ target = "offering:brakes" }}
status = "{status}"
"""

contents = st.fixed_dictionaries(
    {
        "audiences": st.booleans(),
        "provisioning": st.sampled_from([[], ["scim"], ["scim", "invitation"]]),
        "rules": st.dictionaries(st.sampled_from(["brakes", "batteries"]), st.sampled_from([7, 9])),
        "flow": st.sampled_from([None, ("a", "live"), ("a", "draft"), ("b", "live")]),
        "without": st.booleans(),
    }
)
keys = st.sampled_from(["base", *AUDIENCES])
steps = st.one_of(
    st.tuples(st.just("write"), keys, contents),
    st.tuples(st.just("switch"), keys, st.booleans()),
    st.tuples(st.just("back"), keys, st.integers(1, 4)),
    st.tuples(st.just("remove"), keys, st.none()),
)


def text_of(key: str, content: dict[str, Any]) -> str:
    lines = ["[[profile]]", f'key = "{key}"', f'title = "{key}"']
    if key in AUDIENCES:
        lines += ['extends = "base"', f"audiences = {[AUDIENCES[key]] if content['audiences'] else []}"]
    if content["provisioning"]:
        lines.append(f"provisioning = {content['provisioning']}")
    lines += [RULE.format(key=rule, days=days) for rule, days in sorted(content["rules"].items())]
    if content["flow"]:
        lines.append(FLOW.format(reason=content["flow"][0], status=content["flow"][1]))
    if content["without"] and key in AUDIENCES:
        lines.append('[profile.without]\nrules = ["brakes"]\nworkflows = ["hello"]')
    return "\n".join(lines) + "\n"


def begin() -> World:
    """Ann is a technician, Sam a salesperson; an audience each."""
    configured = Settings(
        database_url=create_database("sqlite"), secret_key="only-for-tests-0123456789abcdefghij"
    )
    world = World(open_hub(configured, clock=SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC)))).begin()
    world.add(positions=["technician", "salesperson"])
    world.add_location("Riverside")
    world.add_courses("south", "brakes", "batteries")
    for audience, position, name in (
        ("technicians", "technician", "ann"),
        ("sellers", "salesperson", "sam"),
    ):
        world.add_audience(audience, positions=(position,))
        world.add_person(name)
        world.appoint(name, position, "Riverside")
    make_profiles(world.hub, from_text('[[profile]]\nkey = "base"\ntitle = "Everybody"\n'))
    world.drain()
    return world


def take(world: World, step: tuple[str, str, Any]) -> bool:
    """Take a step as it was planned; False when it is refused, which changes nothing."""
    what, key, how = step
    try:
        work = {
            "write": lambda: from_text(text_of(key, how)),
            "switch": lambda: switch_item(key, "workflows", "hello", on=how),
            "back": lambda: roll_back_profile(key, how),
            "remove": lambda: remove_profile(key),
        }[what]()
        plan = plan_profiles(world.hub, work)
        make_profiles(world.hub, work, plan.hash)
    except HubError:
        return False
    world.drain()
    return True


Seen = tuple[list[TableHash], dict[str, Profile], int]


def look(world: World) -> Seen:
    """The state, the profiles, and how long the journal is."""
    with world.hub.reading() as uow:
        length = uow.connection.scalar(sa.select(sa.func.max(change.c.position))) or 0
        return hash_state(uow), read_profiles(uow), length


@pytest.mark.requirement("B86")
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.lists(steps, min_size=3, max_size=8), st.data())
def test_going_back_restores_what_was(history: list[tuple[str, str, Any]], data: st.DataObject) -> None:
    world = begin()
    try:
        seen = [look(world)]
        for step in history:
            world.hub.clock.advance(days=1)  # type: ignore[attr-defined]
            before = look(world)
            if take(world, step):
                seen.append(look(world))
            else:
                assert look(world) == before
        # A profile that came later would be removed, which leaves ways in as they are.
        possible = [each for each in seen if seen[-1][1].keys() <= each[1].keys()]
        wanted, profiles, length = data.draw(st.sampled_from(possible))
        world.hub.clock.advance(days=1)  # type: ignore[attr-defined]
        go_back(world, profiles, length)
        state, now, longer = look(world)
        assert now == profiles
        assert state == wanted
        assert longer >= seen[-1][2]
        check_replay(world)
    finally:
        world.hub.close()


def go_back(world: World, wanted: dict[str, Profile], length: int) -> None:
    """Let the versions be in force that were when the journal was so long."""
    with world.hub.reading() as uow:
        versions = {key: read_profile_versions(uow, key)[::-1] for key in wanted}
    then = {
        key: next(v for v in mine if v.ended is None or v.ended[1] > length) for key, mine in versions.items()
    }
    # The last change first.
    for key, version in sorted(then.items(), key=lambda one: one[1].ended[1] if one[1].ended else 0)[::-1]:
        if version.ended is not None:
            make_profiles(world.hub, roll_back_profile(key, version.number))
    world.drain()


def check_replay(world: World) -> None:
    """What the journal says of profiles, rules, audiences and switches is what the tables hold."""
    kept = (audience_profile, tables.audience_plugin, tables.rule, tables.audience)
    with world.hub.unit_of_work() as uow:
        before = [sorted(uow.connection.execute(sa.select(table)).all(), key=repr) for table in kept]
        for table in kept:
            uow.connection.execute(sa.delete(table))
        changes = uow.connection.execute(
            sa.select(change).where(change.c.kind.in_(KINDS)).order_by(change.c.position)
        ).all()
        apply_journal(uow, changes)
        assert [sorted(uow.connection.execute(sa.select(t)).all(), key=repr) for t in kept] == before
