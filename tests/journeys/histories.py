"""Histories of the small world that Hypothesis makes up: most of what happens leads to goals and credits."""

from typing import Any

from hypothesis import strategies as st

from hub.audiences.rules.conditions import Conditions
from tests.journeys.eventful import BEGINNING, BRAKES, BRAKES_AGAIN, OF_SOMEBODY, SELLING
from tests.journeys.happenings import (
    Appointed,
    Arrived,
    AudienceSet,
    CatalogueRead,
    Drained,
    Happening,
    Linked,
    NodeMoved,
    PathSet,
    PolicySet,
    Relocated,
    RuleSet,
    Switched,
    SwitchedForPartner,
    Voided,
    Waited,
)
from tests.journeys.world import (
    AUDIENCES,
    BRANDS,
    COURSES,
    LMSS,
    LOCATIONS,
    NODES,
    PEOPLE,
    PLUGINS,
    POSITIONS,
    Sent,
    activity,
    an_id,
)

people = st.integers(0, PEOPLE - 1)
lmss = st.integers(0, LMSS - 1)
days = st.integers(-400, 100)
spans = st.none() | st.integers(1, 400)
brand_names, position_names = st.sampled_from(BRANDS), st.sampled_from(POSITIONS)
forms = st.sampled_from(["mbox", "sub"])
activities = st.sampled_from(["sell", "service"])
some_brands = st.lists(brand_names, max_size=2, unique=True).map(tuple)
nodes = st.one_of(*(st.tuples(st.just(d), st.integers(0, n - 1)) for d, n in NODES.items()))
COURSE_KEYS = tuple(f"course-{lms}-{n}" for lms in range(LMSS) for n in range(COURSES))
courses = st.sampled_from(COURSE_KEYS)
path_keys = st.sampled_from(["path-0", "path-1"])
targets = st.tuples(st.just("offering"), courses) | st.tuples(st.just("path"), path_keys)
policies = st.sampled_from(["completed-or-passed", "passed", "score-at-least-0.8"])
verb_names = st.sampled_from(["completed", "passed", "experienced"])
conditions = st.builds(
    Conditions,
    positions=st.lists(position_names.map(lambda p: an_id("position", p)), max_size=2, unique=True).map(
        tuple
    ),
    brands=some_brands.map(lambda names: tuple(an_id("brand", b) for b in names)),
    activity=st.none() | activities,
    audience_class=st.none() | st.just("internal"),
    nodes=st.lists(nodes.map(lambda n: an_id(*n)), max_size=1).map(tuple),
)


def _span(start: int, length: int | None) -> tuple[int, int | None]:
    return start, None if length is None else start + length


_spans = st.builds(_span, days, spans)
appointed = st.builds(
    Appointed,
    people,
    st.integers(0, 1),
    st.integers(0, LOCATIONS - 1),
    position_names,
    st.sampled_from(["internal", "external"]),
    some_brands,
    days,
    spans,
)
relocated = st.builds(
    Relocated,
    st.integers(0, LOCATIONS - 1),
    st.lists(st.tuples(brand_names, activities, _spans), max_size=3, unique_by=lambda x: x[:2]).map(
        lambda rows: tuple((b, a, *s) for b, a, s in rows)
    ),
    st.lists(st.tuples(nodes, _spans), max_size=2, unique_by=lambda x: x[0][0]).map(
        lambda rows: tuple((*n, *s) for n, s in rows)
    ),
)
# A parent always has a lower number, so that nodes form trees.
node_moved = st.integers(1, NODES["service"] - 1).flatmap(
    lambda n: st.builds(NodeMoved, st.just(n), st.none() | st.integers(0, n - 1))
)
rule_set = st.builds(
    RuleSet,
    st.sampled_from(["brakes", "selling", "welcome"]),
    st.sampled_from(["service", "sales", "general"]),
    st.sampled_from(["brand", "compliance"]),
    targets,
    conditions,
    days,
    spans,
    st.none() | st.integers(0, 60),
    st.none() | st.integers(0, 200),
)
catalogue_read = lmss.flatmap(
    lambda lms: st.builds(
        CatalogueRead,
        st.just(lms),
        st.lists(
            st.tuples(st.integers(0, COURSES - 1), st.integers(1, 2), policies),
            max_size=COURSES,
            unique_by=lambda c: c[0],
        ).map(tuple),
    )
)
linked = st.builds(Linked, lmss, people, forms)
configured: list[st.SearchStrategy[Any]] = [
    appointed,
    appointed,
    relocated,
    node_moved,
    rule_set,
    rule_set,
    st.builds(AudienceSet, st.sampled_from(AUDIENCES), conditions),
    st.builds(Switched, st.sampled_from(AUDIENCES), st.sampled_from(sorted(PLUGINS)), st.booleans()),
    st.builds(SwitchedForPartner, st.sampled_from(sorted(PLUGINS)), st.booleans()),
    catalogue_read,
    st.builds(
        PolicySet,
        lmss,
        st.lists(verb_names, min_size=1, max_size=2, unique=True).map(tuple),
        st.none() | st.just(0.8),
        st.lists(verb_names, max_size=1).map(tuple),
    ),
    st.builds(PathSet, path_keys, st.lists(courses, min_size=1, max_size=3, unique=True).map(tuple)),
    linked,
    linked,
    st.builds(Waited, st.integers(1, 60)),
    st.just(Drained()),
]
# The first of each is the usual one, so that most statements complete something.
sent = lmss.flatmap(
    lambda lms: st.builds(
        Sent,
        st.just(lms),
        people,
        forms,
        st.builds(activity, st.just(lms), st.integers(0, COURSES - 1), st.sampled_from([1, 1, 1, 1, 1, 2])),
        st.sampled_from(["passed", "passed", "completed", "completed", "experienced"]),
        days,
        st.sampled_from([0.9, 0.9, 0.5, None]),
        st.sampled_from([None, None, None, True, False]),
    )
)
"""Statements of one LMS about one of its own courses, about people who may not be known there."""

pools = st.lists(sent, min_size=5, max_size=10, unique=True)


@st.composite
def _delivery(draw: st.DrawFn, pool: list[Sent]) -> Happening:
    """A batch of statements of the pool, again and again and in any order, or the voiding of one."""
    if draw(st.integers(0, 2)):
        return Arrived(tuple(draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))))
    return draw(_voidings(pool))


@st.composite
def _voidings(draw: st.DrawFn, pool: list[Sent]) -> Happening:
    """The voiding of a statement, now and then by another system, which may not."""
    voided = draw(st.sampled_from(pool))
    return Voided(voided, draw(st.sampled_from([voided.lms, voided.lms, 0, 1])))


@st.composite
def configurations(draw: st.DrawFn) -> list[Happening]:
    """What people, systems and operators do, with the worker at work in between; most of it leads to goals."""
    dimensions = st.sampled_from(["service", "sales"])
    likely: list[Happening] = [
        *(
            Appointed(n, 0, 0, draw(position_names), "internal", BRANDS, draw(days), None)
            for n in range(PEOPLE)
        ),
        *draw(st.lists(linked, min_size=6, max_size=2 * PEOPLE * LMSS, unique=True)),
        *(
            RuleSet(
                f"all-{n}", draw(dimensions), "brand", ("offering", key), Conditions(), -300, None, 30, None
            )
            for n, key in enumerate(COURSE_KEYS)
        ),
        draw(
            st.builds(Switched, st.sampled_from(AUDIENCES), st.sampled_from(sorted(PLUGINS)), st.just(True))
        ),
    ]
    happened: list[Happening] = draw(st.lists(st.one_of(configured), min_size=5, max_size=25))
    for happening in likely:
        happened.insert(draw(st.integers(0, len(happened))), happening)
    return happened


@st.composite
def mixed(draw: st.DrawFn, configuration: list[Happening], deliveries: list[Happening]) -> list[Happening]:
    """The configuration in its order, with the deliveries in any order anywhere in between."""
    happened = list(configuration)
    for delivery in draw(st.permutations(deliveries)):
        happened.insert(draw(st.integers(0, len(happened))), delivery)
    return happened


@st.composite
def _anything(draw: st.DrawFn) -> list[Happening]:
    """Anything in any order."""
    pool = draw(pools)
    deliveries: list[Happening] = [
        Arrived(tuple(pool)),
        *draw(st.lists(_delivery(pool), min_size=3, max_size=8)),
    ]
    deliveries += [Drained()] * 4
    return draw(mixed(draw(configurations()), deliveries))


@st.composite
def _a_few_more(draw: st.DrawFn) -> list[Happening]:
    """The eventful beginning and a few things after it, so that nothing later hides what one of them failed to do."""
    pool = [*draw(pools), BRAKES, BRAKES_AGAIN, SELLING, OF_SOMEBODY]
    more = st.one_of(*configured, _delivery(pool), _delivery(pool))
    return [*BEGINNING, *draw(st.lists(more, min_size=1, max_size=4))]


histories = st.one_of(_a_few_more(), _anything())


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[list[Happening], list[Happening]]:
    """The same configuration twice, and the same statements and voidings in different batches and orders."""
    pool, configuration = draw(pools), draw(configurations())
    voidings = draw(st.lists(_voidings(pool), max_size=2))
    orders: list[list[Happening]] = []
    for _ in range(2):
        batches = draw(st.lists(_arrival(pool), max_size=3))
        deliveries = [Arrived(tuple(draw(st.permutations(pool)))), *batches, *voidings]
        orders.append(draw(mixed(configuration, deliveries)))
    return orders[0], orders[1]


def _arrival(pool: list[Sent]) -> st.SearchStrategy[Happening]:
    return st.builds(Arrived, st.lists(st.sampled_from(pool), min_size=1, max_size=4).map(tuple))
