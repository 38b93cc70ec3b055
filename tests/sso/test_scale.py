"""Signing in and finding somebody cost the same among 5,000 connections with 1,000,000 people as among 50 with 10,000."""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import pytest

from hub.clock import SettableClock
from hub.network.people.find_people import search_people
from hub.network.systems.find_connections import ConnectionLine, search_connections
from hub.runtime import Hub
from hub.sso.home_realm import find_ways
from hub.store import UnitOfWork
from tests.sso.counting import Touched, counting
from tests.sso.rig import Browser, Idp

FEW, MANY, PEOPLE_EACH = 50, 5_000, 200
GROWN = "partner, connection, oidc_provider, email_domain, person, person_detail, identity_link, web_session"
WORDS = ("garcia-77", "maria-7 garcia-77", "maria-77@d", "gar")
CALLED = (
    "idp-0007",
    "Employer 0007",
    "Dealer 0007",
    "p0007.example",
    "idp-0007 employer",
    "emp",
    "employer idp",
    "",
)

FILL = """
INSERT INTO partner (id, name) SELECT {id[1]}, 'Dealer ' || {name} FROM generate_series({begin}, {end} - 1) n;
INSERT INTO connection (id, slug, partner_id, kind, name, disabled)
  SELECT {id[2]}, 'idp-' || {name}, {id[1]}, 'oidc', 'Employer ' || {name}, false FROM generate_series({begin}, {end} - 1) n;
INSERT INTO oidc_provider (connection_id, issuer, client_id, client_secret)
  SELECT {id[2]}, 'https://p' || {name} || '.example', 'hub', '' FROM generate_series({begin}, {end} - 1) n;
INSERT INTO email_domain (domain, connection_id)
  SELECT 'p' || {name} || '.example', {id[2]} FROM generate_series({begin}, {end} - 1) n;
INSERT INTO person (id, partner_id, locale, disabled)
  SELECT {id[3]}, {of[1]}, 'en', false FROM generate_series({begin} * {each}, {end} * {each} - 1) n;
INSERT INTO person_detail (person_id, given_name, family_name, email)
  SELECT {id[3]}, 'Maria-' || mod(n, 1000), 'Garcia-' || n, 'maria-' || n || '@dealers.example'
  FROM generate_series({begin} * {each}, {end} * {each} - 1) n;
INSERT INTO identity_link (connection_id, form, subject, person_id, made_by)
  SELECT {of[2]}, 'sub', 'sub-' || n, {id[3]}, 'roster' FROM generate_series({begin} * {each}, {end} * {each} - 1) n;
INSERT INTO web_session (token_hash, id, person_id, connection_id, form, subject, provider_session, acr, authenticated_at,
    id_token, device, started_at, seen_at, expires_at)
  SELECT encode(sha256(n::text::bytea), 'hex'), {id[4]}, {id[3]}, {of[2]}, 'sub', 'sub-' || n, '', '', now(), '', '', now(), now(),
    now() + interval '1 day'
  FROM generate_series({begin} * {each}, {end} * {each} - 1, 10) n;
"""


def fill(hub: Hub, begin: int, end: int) -> None:
    """Connections with these numbers, each of a partner, and their people, of whom one in ten is signed in."""

    def ids(number: str) -> dict[int, str]:
        return {
            kind: f"('0000000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
            for kind in range(1, 5)
        }

    each = {"begin": begin, "end": end, "each": PEOPLE_EACH, "name": "lpad(n::text, 4, '0')"}
    connection = hub.engine.raw_connection()
    driver: Any = connection.driver_connection  # each statement by itself, as VACUUM must be
    driver.execute("SET session_replication_role = replica")  # the keys are right, and need no look-up each
    for statement in FILL.format(id=ids("n"), of=ids(f"n / {PEOPLE_EACH}"), **each).split(";"):
        driver.execute(statement)
    driver.execute("SET session_replication_role = origin")
    driver.execute(f"VACUUM ANALYZE {GROWN}")
    connection.close()


def ask_all(hub: Hub, end: int, idp: Idp) -> dict[str, Touched]:
    """What was touched for each question of somebody on the way in, and of an administrator."""
    told = {"sign-in": count(hub, end, lambda: sign_in(hub, idp))}
    with hub.reading() as uow:
        told["home realm"] = count(hub, end, lambda: find_ways(uow, "maria@p0007.example").connections)
        told["no home realm"] = count(hub, end, lambda: not find_ways(uow, "maria@none.example").connections)
        for words in WORDS:
            told[f"person {words}"] = count(hub, end, partial(search_people, uow, words))
        for words in CALLED:
            told[f"connection {words}"] = count(hub, end, partial(lines, uow, words))
    return told


def lines(uow: UnitOfWork, words: str) -> list[ConnectionLine]:
    """The first connections found."""
    return search_connections(uow, words)[0]


def sign_in(hub: Hub, idp: Idp) -> object:
    """Start and callback, in a browser of its own; who it is then."""
    browser = Browser(hub)
    assert browser.sign_in(idp).status_code == 303
    return browser.person()


def count(hub: Hub, end: int, ask: Callable[[], object]) -> Touched:
    """What is touched when it is asked for the second time."""
    assert ask()
    with counting(hub.engine, by_index=end == FEW) as touched:
        assert ask()
    return touched


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_among_a_million_people_everything_costs_what_it_costs_among_ten_thousand(
    hub: Hub, clock: SettableClock, riverside: Idp, tess: str
) -> None:
    costs: list[dict[str, Touched]] = []
    for begin, end in ((0, FEW), (FEW, MANY)):
        began = perf_counter()
        fill(hub, begin, end)
        took = perf_counter() - began
        clock.advance(seconds=took)  # the provider stamps its tokens with the machine's time
        print(f"{end} connections after {took:.0f} s")
        costs.append(ask_all(hub, end, riverside))
    for what, few in costs[0].items():
        many = costs[1][what]
        print(f"{what:30} {few.rows:g} -> {many.rows:g} rows, {few.buffers} -> {many.buffers} buffers")
    for what, few in costs[0].items():
        many = costs[1][what]
        assert many.statements <= few.statements, what
        assert many.rows <= 1.2 * few.rows, what
        # An index over a hundred times the rows has one level more: a buffer for each time it is looked into.
        assert many.buffers <= 1.2 * few.buffers + many.visits, what
