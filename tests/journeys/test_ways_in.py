"""Each way in makes a login that works under a profile that allows it, and is refused under one that does not (B81)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hub.access.roles import grant_partner_admin
from hub.audiences.profiles.plan_profiles import from_text, make_profiles
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.errors import NotAllowed
from hub.network.people.person import read_appointments
from hub.network.people.places import Place
from hub.network.people.provision import NewPerson
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.arrive import Assertion, arrive
from hub.sso.local.invite import invite_person
from hub.sso.local.opening import open_with_password
from hub.sso.local.register import approve, confirm, list_waiting, register
from hub.sso.local.registration_pages import set_page
from hub.sso.local.sign_in import Arrival
from hub.sso.partner_people import add_colleague
from hub.sso.policy import SignInPolicy, save_policy
from hub.sso.refusals import audited_refusal
from hub.sso.sessions import Proved
from tests.sso.local.rig import HERE, PASSWORD, Local, code_of, new_local
from tests.sso.scim.rig import Client, add_location, add_position, begin_client, user, working_at

PROFILE = (
    '[[profile]]\nkey = "workshop"\ntitle = "Workshop"\naudiences = ["workshop"]\nprovisioning = ["{}"]\n'
)
POLICY = SignInPolicy(
    {"given_name": "first", "match": "mail", "location": "site", "position": "job"}, creates_people=True
)


@dataclass
class Riverside:
    """A partner with a location and a position, and all ways in."""

    local: Local
    client: Client
    login: str
    place: Place

    def sign_in(self, name: str) -> str:
        """By the employer's sign-in; the token of the session."""
        told = {"first": [name], "mail": [_mail(name)], "site": ["Garage"], "job": ["technician"]}
        return self._arrive(name, told)

    def scim(self, name: str) -> str:
        """Made by the employer's SCIM client; then the employer's sign-in finds the same person."""
        answer = self.client.ask("POST", "/Users", user(name, **working_at(("Garage", "technician"))))
        if answer.status_code == 403:
            raise NotAllowed("mode_not_for_audience", answer.text)
        assert answer.status_code == 201, answer.text
        return self._arrive(name, {"mail": [_mail(name)]})

    def invitation(self, name: str) -> str:
        """Invited by an operator."""
        with self.local.hub.unit_of_work() as uow:
            link = invite_person(uow, self.local.partner_id, self._new(name), None, places=[self.place])
        return self._open(link)

    def self_registration(self, name: str) -> str:
        """Asked, proved, approved."""
        hub = self.local.hub
        asked = {"given_name": name, "family_name": "Lind", "email": _mail(name), "about": "technician"}
        register(hub, "riverside-cars", asked, HERE)
        confirm(hub, "riverside-cars", code_of(self.local.mails()[-1]["text"]), HERE)
        with hub.unit_of_work() as uow:
            (one,) = [each for each in list_waiting(uow, None) if each.email == _mail(name)]
            approve(uow, one.id, self.local.tess, None, [self.place])
        return self._open(self.local.mails()[-1]["text"])

    def partner_admin(self, name: str) -> str:
        """Added by the partner's administrator, and invited."""
        with self.local.hub.unit_of_work() as uow:
            person = add_colleague(uow, self.local.tess, self._new(name), [self.place])
            link = invite_person(uow, self.local.partner_id, person, self.local.tess)
        return self._open(link)

    def _arrive(self, name: str, told: dict[str, list[str]]) -> str:
        assertion = Assertion(Proved(self.login, "sub", name), told)
        with audited_refusal(self.local.hub) as attempt, self.local.hub.unit_of_work() as uow:
            return arrive(uow, assertion, attempt)

    def _new(self, name: str) -> NewPerson:
        return NewPerson(self.local.partner_id, name, "Lind", _mail(name))

    def _open(self, text: str) -> str:
        hub = self.local.hub
        return open_with_password(hub, "invitation", code_of(text), PASSWORD, HERE, Arrival()).token


def _mail(name: str) -> str:
    return f"{name}@riverside.example"


@pytest.fixture
def riverside(hub: Hub) -> Riverside:
    """Tess administers Riverside; its technicians are the audience workshop."""
    local = new_local(hub)
    client = begin_client(hub, "riverside", local.partner_id)
    place = Place(add_location(client, "Garage"), add_position(client, "technician"))
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, local.tess, local.partner_id)
        set_page(uow, local.partner_id, "", is_open=True, actor_id=local.tess)
        login = create_connection(uow, "riverside", "oidc", "Riverside", local.partner_id)
        save_policy(uow, login, POLICY)
        conditions = Conditions(positions=(place.position_id,))
        set_audience(uow, Audience("workshop", "Workshop", conditions))
    return Riverside(local, client, login, place)


@pytest.mark.requirement("B81")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_each_way_makes_a_login_where_a_profile_allows_it_and_none_elsewhere(riverside: Riverside) -> None:
    ways: dict[str, Callable[[str], str]] = {
        "sign_in": riverside.sign_in,
        "scim": riverside.scim,
        "invitation": riverside.invitation,
        "self_registration": riverside.self_registration,
        "partner_admin": riverside.partner_admin,
    }
    hub = riverside.local.hub
    for number, (allowed, come_in) in enumerate(ways.items()):
        make_profiles(hub, from_text(PROFILE.format(allowed)))
        session = riverside.local.session(come_in(f"ann{number}"))
        assert session, allowed
        with hub.reading() as uow:
            (line,) = read_appointments(uow, session.person_id)
        assert (line.location, line.position) == ("Garage", "technician"), allowed
        for name, other in ways.items():
            if name != allowed:
                with pytest.raises(NotAllowed) as refused:
                    other(f"{name.replace('_', '')}{number}")
                assert refused.value.code == "mode_not_for_audience", (allowed, name)
