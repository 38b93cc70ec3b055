"""A person's sign-ins: adding another one with proof, and removing one."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from hub.clock import SettableClock
from hub.errors import Conflict, HubError, Missing, NotAllowed
from hub.ids import new_id
from hub.journal import Change, record_changes
from hub.journal import tables as journal
from hub.network import tables as network
from hub.network.apply_changes import apply_changes
from hub.network.people.identities import find_person
from hub.network.people.provision import NewPerson, create_person
from hub.network.systems.connections import create_connection, find_connection, set_connection_disabled
from hub.rebuild.rebuild import rebuilt
from hub.runtime import Hub
from hub.sso.arrive import Assertion, arrive
from hub.sso.finish import finish
from hub.sso.flows import Flow, Purpose
from hub.sso.linking import list_sign_ins, unlink_sign_in
from hub.sso.oidc.sign_in import begin_sign_in
from hub.sso.policy import SignInPolicy, save_policy
from hub.sso.refusals import Attempt
from hub.sso.sessions import Proved, Session, find_session, start_session
from tests.sso.rig import BORIS, IMPOSTOR, NAMESAKE, Browser, Idp, Record, add_person


def begin_link(hub: Hub, browser: Browser, person_id: str) -> str:
    """The provider's address, as after "Add a sign-in" in this browser."""
    token = browser.cookie("hub_flow")
    assert token
    return begin_sign_in(hub, "lakeside", token, "/account", purpose="link", person_id=person_id)


def audited(hub: Hub) -> list[tuple[str, str]]:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(journal.audit).order_by(journal.audit.c.position))
        return [(row.action, row.reason) for row in rows]


def test_sign_in_that_was_proved_in_the_own_browser_opens_the_hub_as_oneself(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    browser.sign_in(riverside)
    held = browser.cookie("hub_session")
    address = begin_link(hub, browser, tess)
    assert "prompt=login&max_age=0" in address
    answer = browser.come_back(lakeside, browser.log_in(address, NAMESAKE))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.cookie("hub_session") == held
    assert audited(hub)[-1] == ("sign_in_linked", "")
    elsewhere = Browser(hub)
    elsewhere.sign_in(lakeside, NAMESAKE)
    assert elsewhere.person() == tess


def test_ln3_proof_begun_in_one_browser_does_not_work_in_another(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    browser.sign_in(riverside)
    back = browser.log_in(begin_link(hub, browser, tess), NAMESAKE)
    other = Browser(hub)
    other.sign_in(riverside)
    record = Record(hub)
    answer = other.come_back(lakeside, back)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "state_of_another_browser")
    assert record.changed_tables() == set()
    assert record.audit_since() == [("sign_in", "refused", "state_of_another_browser")]


def test_ln3_proof_of_a_subject_that_is_somebody_elses_is_refused(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    other = add_person(hub, IMPOSTOR, lakeside)
    browser.sign_in(riverside)
    record = Record(hub)
    answer = browser.come_back(lakeside, browser.log_in(begin_link(hub, browser, tess), IMPOSTOR))
    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "identity_taken")
    assert record.changed_tables() == set()
    assert record.audit_since() == [("sign_in", "refused", "identity_taken")]
    with hub.reading() as uow:
        assert find_person(uow, find_connection(uow, "lakeside").id, "sub", IMPOSTOR.sub) == other


def test_ln3_proof_that_another_person_ends_is_refused(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    add_person(hub, BORIS, riverside)
    browser.sign_in(riverside)
    back = browser.log_in(begin_link(hub, browser, tess), NAMESAKE)
    browser.sign_in(riverside, BORIS)
    record = Record(hub)
    answer = browser.come_back(lakeside, back)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "link_of_another_person")
    assert record.changed_tables() == set()


def test_ln3_proof_works_once(hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str) -> None:
    browser.sign_in(riverside)
    back = browser.log_in(begin_link(hub, browser, tess), NAMESAKE)
    assert browser.come_back(lakeside, back).status_code == 303
    again = browser.come_back(lakeside, back)
    assert (again.status_code, again.json and again.json["code"]) == (400, "unknown_state")


def test_sign_in_at_a_provider_that_tells_no_auth_time_can_be_added(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    """Its token is as old as its ``iat``: the hub asked for a new sign-in, and the nonce is of this flow."""
    browser.sign_in(riverside)
    with lakeside.faults.on("missing_auth_time"):
        back = browser.log_in(begin_link(hub, browser, tess), NAMESAKE)
        assert browser.come_back(lakeside, back).status_code == 303
    with hub.reading() as uow:
        assert find_person(uow, find_connection(uow, "lakeside").id, "sub", NAMESAKE.sub) == tess


def test_a_new_sign_in_at_a_provider_that_tells_no_auth_time_is_new_to_the_hub_alone(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    """It will do for one's own sign-ins, but no client that asks for a new sign-in (prompt, ForceAuthn) builds on it."""
    browser.sign_in(riverside)
    token = browser.cookie("hub_flow") or ""
    away = begin_sign_in(hub, "riverside", token, "/account", purpose="again", person_id=tess)
    with riverside.faults.on("missing_auth_time"):
        assert browser.come_back(riverside, browser.log_in(away)).status_code == 303
    with hub.reading() as uow:
        session = find_session(uow, browser.cookie("hub_session") or "")
    assert session is not None
    assert not session.time_is_told


def test_sign_in_at_a_provider_that_tells_of_an_old_one_is_not_added(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    browser.sign_in(riverside)
    back = browser.log_in(begin_link(hub, browser, tess), NAMESAKE)
    record = Record(hub)
    with lakeside.faults.on("old_auth_time"):
        answer = browser.come_back(lakeside, back)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "not_authenticated_again")
    assert record.changed_tables() == set()


class Home:
    """A person of a partner with one sign-in, and a session by it; another partner has another connection."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.connections: dict[str, str] = {}
        with hub.unit_of_work() as uow:
            for name in ("home", "away", "shared"):
                partner_id = new_id()
                body: dict[str, object] = {"id": partner_id, "name": name, "kinds": []}
                apply_changes(uow, "partner_changed", [body])
                record_changes(uow, [Change("partner_changed", partner_id, body)])
                owner = None if name == "shared" else partner_id
                slug = f"{name}-{partner_id[-12:]}"
                self.connections[name] = create_connection(uow, slug, "oidc", name.title(), owner)
                if name != "shared":
                    policy = SignInPolicy({"given_name": "n", "email": "e"}, creates_people=True)
                    save_policy(uow, self.connections[name], policy)
            self.partner_id = uow.connection.scalar(
                sa.select(network.connection.c.partner_id).filter_by(id=self.connections["home"])
            )

    def person(self) -> str:
        with self.hub.unit_of_work() as uow:
            return create_person(
                uow, NewPerson(self.partner_id or "", "P", "Q", "p@q.example"), made_by="test"
            )

    def token(self, person_id: str, name: str = "home", subject: str = "me") -> str:
        with self.hub.unit_of_work() as uow:
            return start_session(uow, person_id, Proved(self.connections[name], "sub", subject))

    def session(self, token: str) -> Session:
        with self.hub.reading() as uow:
            found = find_session(uow, token)
            assert found
            return found

    def link(self, person_id: str, name: str, subject: str, token: str, at: datetime | None = None) -> None:
        self.come_back("link", person_id, name, subject, token, at or self.hub.clock.now())

    def come_back(
        self, purpose: Purpose, person_id: str, name: str, subject: str, token: str, at: datetime | None
    ) -> None:
        connection_id = self.connections[name]
        flow = Flow(connection_id, "", "", "", "/account", purpose, person_id)
        proved = Proved(connection_id, "sub", subject, authenticated_at=at)
        finish(self.hub, flow, Assertion(proved), Attempt(), token)

    def unlink(self, token: str, name: str, subject: str) -> None:
        session = self.session(token)
        with self.hub.unit_of_work() as uow:
            slug = uow.connection.scalar(
                sa.select(network.connection.c.slug).filter_by(id=self.connections[name])
            )
            unlink_sign_in(uow, session, slug or "", "sub", subject)

    def owner(self, name: str, subject: str) -> str | None:
        with self.hub.reading() as uow:
            return find_person(uow, self.connections[name], "sub", subject)


@pytest.fixture
def home(hub: Hub) -> Home:
    return Home(hub)


def test_proving_oneself_anew_is_for_the_person_who_was_asked_to(hub: Hub, home: Home) -> None:
    person, other = home.person(), home.person()
    token = home.token(person)
    home.link(person, "home", "me", token)
    theirs = home.token(other, subject="them")
    home.link(other, "home", "them", theirs)
    record = Record(hub)
    with pytest.raises(NotAllowed) as refused:
        home.come_back("again", person, "home", "them", token, hub.clock.now())
    assert refused.value.code == "another_person"
    assert record.changed_tables() == set()
    assert home.session(token).person_id == person


def test_sign_in_that_is_removed_opens_nothing_and_its_sessions_end(hub: Hub, home: Home) -> None:
    person = home.person()
    token = home.token(person)
    home.link(person, "home", "me", token)
    home.link(person, "shared", "also", token)
    other = home.token(person, "shared", "also")
    home.unlink(token, "shared", "also")
    assert home.owner("shared", "also") is None
    with hub.reading() as uow:
        assert find_session(uow, other) is None
        assert [(s.name, s.is_this) for s in list_sign_ins(uow, home.session(token))] == [("Home", True)]
        with rebuilt(hub, uow) as again, again.reading() as rebuilt_uow:
            links = sa.select(network.identity_link)
            assert uow.connection.execute(links).all() == rebuilt_uow.connection.execute(links).all()


@pytest.mark.parametrize("disabled", [False, True], ids=["only", "other_is_switched_off"])
def test_last_sign_in_cannot_be_removed(hub: Hub, home: Home, disabled: bool) -> None:
    person = home.person()
    token = home.token(person)
    home.link(person, "home", "me", token)
    if disabled:
        home.link(person, "shared", "also", token)
        with hub.unit_of_work() as uow:
            set_connection_disabled(uow, home.connections["shared"], disabled=True)
    with pytest.raises(Conflict) as refused:
        home.unlink(token, "home", "me")
    assert refused.value.code == "last_sign_in"


def test_sign_ins_change_only_soon_after_signing_in(home: Home, clock: SettableClock) -> None:
    person = home.person()
    token = home.token(person)
    home.link(person, "home", "me", token)
    clock.advance(minutes=11)
    with pytest.raises(NotAllowed) as refused:
        home.link(person, "shared", "also", token)
    assert refused.value.code == "not_recent"
    with pytest.raises(NotAllowed) as refused:
        home.unlink(token, "home", "me")
    assert refused.value.code == "not_recent"


@pytest.mark.parametrize("seconds", [661, None], ids=["long_ago", "nobody_says"])
@pytest.mark.parametrize("purpose", ["link", "again"])
def test_ln3_what_was_open_at_the_provider_already_proves_nothing(
    hub: Hub, home: Home, purpose: Purpose, seconds: int | None
) -> None:
    """A colleague's session at the provider, left open in this browser, becomes nobody's sign-in."""
    person = home.person()
    token = home.token(person)
    home.link(person, "home", "me", token)
    subject = "colleague" if purpose == "link" else "me"
    at = None if seconds is None else hub.clock.now() - timedelta(seconds=seconds)
    with pytest.raises(NotAllowed) as refused:
        home.come_back(purpose, person, "home", subject, token, at)
    assert refused.value.code == "not_authenticated_again"
    assert home.owner("home", "colleague") is None
    home.session(token)
    home.come_back(purpose, person, "home", subject, token, hub.clock.now() - timedelta(seconds=659))


def test_i24_sign_in_of_a_company_one_does_not_work_for_is_refused(home: Home) -> None:
    person = home.person()
    with pytest.raises(NotAllowed) as refused:
        home.link(person, "away", "x", home.token(person))
    assert refused.value.code == "left_partner"


def test_nobody_removes_somebody_elses_sign_in(home: Home) -> None:
    me, other = home.person(), home.person()
    home.link(other, "shared", "theirs", home.token(other))
    with pytest.raises(Missing):
        home.unlink(home.token(me), "shared", "theirs")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["link", "unlink", "arrive"]),
        st.integers(0, 2),
        st.sampled_from(["home", "shared"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


@effort(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_i32_a_subject_is_one_person_at_most_whatever_happens(
    hub: Hub, steps: list[tuple[str, int, str, str]]
) -> None:
    """A state machine against a model: who owns which subject. E-mails are all the same and decide nothing."""
    home = Home(hub)
    people = [home.person() for _ in range(3)]
    tokens = [home.token(person, subject=f"p{place}") for place, person in enumerate(people)]
    owners: dict[tuple[str, str], str] = {}
    removed: set[tuple[str, str]] = set()
    for what, place, name, subject in steps:
        person, token, key = people[place], tokens[place], (name, subject)
        try:
            if what == "link":
                home.link(person, name, subject, token)
                assert owners.setdefault(key, person) == person
            elif what == "unlink":
                home.unlink(token, name, subject)
                assert owners.pop(key) == person
                removed.add(key)
            else:
                proved = Proved(home.connections[name], "sub", subject)
                attempt = Attempt()
                with hub.unit_of_work() as uow:
                    arrive(uow, Assertion(proved, {"n": ["P"], "e": ["p@q.example"]}), attempt)
                assert attempt.person_id == owners.setdefault(key, attempt.person_id or "")
                assert attempt.person_id
        except HubError as refusal:
            expected = {
                "identity_taken": owners.get(key, person) != person,
                "no_sign_in": owners.get(key) != person,
                "last_sign_in": sum(owner == person for owner in owners.values()) == 1,
                "unknown_subject": name == "shared" and key not in owners,
                "sign_in_removed": key in removed and key not in owners,
            }
            if not expected.get(refusal.code):
                raise
        for name_, subject_ in [(n, s) for n in ("home", "shared") for s in ("a", "b")]:
            assert home.owner(name_, subject_) == owners.get((name_, subject_))
