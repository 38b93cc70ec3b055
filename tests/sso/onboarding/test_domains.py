"""A domain leads people to a connection only after its proof in the DNS, or on an operator's word."""

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.network.systems.connections import create_connection
from hub.network.tables import email_domain
from hub.rebuild.verify import verify
from hub.sso.limits import TooManyRequests
from hub.sso.onboarding import domains
from hub.sso.onboarding.domains import (
    CHECKS,
    check_domain,
    drop_domain,
    due_domains,
    list_domains,
    read_domain,
    vouch_for_domain,
)
from tests.databases import Kind
from tests.journeys.world import new_world
from tests.sso.onboarding.desk import Desk

MAIL = "ana@harbor.example"


def test_only_a_proved_domain_leads_anywhere(desk: Desk) -> None:
    claim = desk.claim("Ana@Harbor.Example")
    assert (claim.domain, claim.state) == ("harbor.example", "open")
    assert claim.record_name == "_hub-challenge.harbor.example"
    assert desk.ways(MAIL) == []
    assert desk.check(claim).problem == "no_record"
    assert desk.ways(MAIL) == []
    desk.publish(claim)
    assert desk.check(claim).state == "proved"
    assert desk.ways(MAIL) == ["harbor"]
    assert desk.audited("domain") == ["claimed", "proved"]


def test_the_token_of_another_connection_proves_nothing(desk: Desk) -> None:
    theirs, mine = desk.claim("harbor.example"), desk.claim("harbor.example", "lakeside")
    desk.publish(theirs)
    checked, answer = check_domain(desk.hub, mine.connection_id, mine.domain)
    assert (checked.problem, checked.state) == ("wrong_record", "open")
    assert answer.seen == (theirs.record_value,)
    assert desk.ways(MAIL) == []


def test_two_connections_may_prove_one_domain(desk: Desk) -> None:
    for slug in ("harbor", "lakeside"):
        claim = desk.claim("harbor.example", slug)
        desk.publish(claim)
        desk.check(claim)
    assert desk.ways(MAIL) == ["harbor", "lakeside"]


def test_one_connection_may_prove_many_domains(desk: Desk) -> None:
    for domain in ("harbor.example", "harbor-trucks.example"):
        claim = desk.claim(domain)
        desk.publish(claim)
        desk.check(claim)
    assert desk.ways("a@harbor.example") == desk.ways("b@harbor-trucks.example") == ["harbor"]


def test_a_claim_again_keeps_its_token(desk: Desk) -> None:
    assert desk.claim("harbor.example") == desk.claim("HARBOR.example")
    assert desk.audited("domain") == ["claimed"]


def test_a_domain_with_other_letters_is_known_as_people_type_it(desk: Desk) -> None:
    claim = desk.claim("müller.example")
    assert claim.domain == "xn--mller-kva.example"
    desk.publish(claim)
    desk.check(claim)
    assert desk.ways("ana@MÜLLER.example") == ["harbor"]


@pytest.mark.parametrize("code", ["public_domain", "bad_domain"])
def test_a_domain_that_is_nobodys_own(desk: Desk, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        desk.claim("gmail.com" if code == "public_domain" else "localhost")
    assert refusal.value.code == code
    assert desk.audited("domain") == []


def test_a_silent_or_broken_name_server_loses_nothing(desk: Desk) -> None:
    claim = desk.claim("harbor.example")
    desk.publish(claim)
    desk.check(claim)
    desk.names.broken.add(claim.record_name)
    checked = desk.check(claim)
    assert (checked.problem, checked.state) == ("dns_failed", "proved")
    assert desk.ways(MAIL) == ["harbor"]


def test_a_lost_proof_is_cut_off_after_a_month_and_not_at_once(desk: Desk, clock: SettableClock) -> None:
    claim = desk.claim("harbor.example")
    desk.publish(claim)
    desk.check(claim)
    desk.names.texts.clear()
    assert desk.check(claim).state == "lost"
    assert desk.ways(MAIL) == ["harbor"]
    clock.advance(days=29)
    assert desk.check(claim).state == "lost"
    clock.advance(days=1)
    assert desk.check(claim).state == "open"
    assert desk.ways(MAIL) == []
    desk.publish(claim)
    assert desk.check(claim).state == "proved"
    assert desk.audited("domain") == ["claimed", "proved", "lost", "cut", "proved"]


def test_a_proof_that_comes_back_counts_as_never_lost(desk: Desk, clock: SettableClock) -> None:
    claim = desk.claim("harbor.example")
    desk.publish(claim)
    first = desk.check(claim).proved_at
    desk.names.texts.clear()
    desk.check(claim)
    desk.publish(claim)
    clock.advance(days=40)
    checked = desk.check(claim)
    assert (checked.state, checked.proved_at, checked.lost_at) == ("proved", first, None)


def test_proofs_are_looked_up_again_each_week(desk: Desk, clock: SettableClock) -> None:
    claim = desk.claim("harbor.example")
    desk.publish(claim)
    desk.check(claim)
    for days, due in ((6, []), (1, ["harbor.example"])):
        clock.advance(days=days)
        with desk.hub.reading() as uow:
            assert [each.domain for each in due_domains(uow)] == due


def test_an_operator_vouches_and_it_is_written_down(desk: Desk) -> None:
    actor_id = new_id()
    with desk.hub.unit_of_work() as uow:
        for _ in range(2):
            vouch_for_domain(uow, desk.connections["harbor"], "harbor.example", actor_id)
        [claim] = list_domains(uow, desk.connections["harbor"])
    assert (claim.state, claim.vouched_by) == ("vouched", actor_id)
    assert desk.ways(MAIL) == ["harbor"]
    assert desk.check(claim).state == "vouched"  # without a record
    assert desk.audited("domain") == ["claimed", "vouched"]


def test_a_dropped_domain_leads_nowhere(desk: Desk) -> None:
    claim = desk.claim("harbor.example")
    desk.publish(claim)
    desk.check(claim)
    with desk.hub.unit_of_work() as uow:
        drop_domain(uow, claim.connection_id, claim.domain)
        assert domains.keep_answer(uow, claim, "") == claim  # a look-up that was under way
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(email_domain)) == 0
        with pytest.raises(Missing):
            read_domain(uow, claim.connection_id, claim.domain)
    assert desk.ways(MAIL) == []


def test_questions_to_the_dns_are_limited(desk: Desk) -> None:
    claim = desk.claim("harbor.example")
    for _ in range(CHECKS.times):
        desk.check(claim)
    with pytest.raises(TooManyRequests):
        desk.check(claim)
    assert len(desk.names.asked) == CHECKS.times


def test_a_connection_has_not_too_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "MAX_DOMAINS", 1)
    desk.claim("harbor.example")
    with pytest.raises(Conflict):
        desk.claim("harbor-trucks.example")


def test_a_rebuild_sends_people_where_they_are_sent_now(database_kind: Kind) -> None:
    with new_world(database_kind) as world:
        with world.hub.unit_of_work() as uow:
            id = create_connection(uow, "new", "oidc", "New")
            for domain in ("one.example", "two.example"):
                vouch_for_domain(uow, id, domain, None)
            drop_domain(uow, id, "one.example")
        world.drain()
        assert verify(world.hub, patience=0).equal
        with world.hub.reading() as uow:
            journal = uow.connection.exec_driver_sql("SELECT kind FROM change").scalars().all()
        assert {"email_domain_routed", "email_domain_unrouted", "domain_claim_changed"} <= set(journal)
