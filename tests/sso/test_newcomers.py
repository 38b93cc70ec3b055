"""Who comes for the first time by a connection, whatever its protocol: all of them end in ``arrive``."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from hub.access.roles import grant_partner_admin
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.config import Settings
from hub.errors import BadInput, NotAllowed
from hub.journal import tables as journal
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.identities import find_person, link_identity, was_removed_from
from hub.network.people.person import Person, grant_role, read_appointments, read_person
from hub.network.people.provision import NewPerson, create_person, set_disabled
from hub.network.systems.connections import create_connection
from hub.rebuild.compare import compare_states
from hub.rebuild.rebuild import rebuilt
from hub.runtime import Hub
from hub.sso import newcomers
from hub.sso.arrive import Assertion, arrive, refuse_switched_off
from hub.sso.linking import take_sign_in_away
from hub.sso.policy import SignInPolicy, read_policy, save_policy
from hub.sso.refusals import audited_refusal
from hub.sso.sessions import Proved, find_session
from hub.sso.tables import web_session
from tests.network.small_network import SmallNetwork

Claims = Mapping[str, Sequence[str]]
NOTHING: Claims = MappingProxyType({})
NAMES = {"given_name": "first", "family_name": "last", "email": "mail", "locale": "lang"}
ANN = {"first": ["Ann"], "last": ["Ng"], "mail": ["ann@riverside.example"], "lang": ["fr"]}
CREATES = SignInPolicy(NAMES, creates_people=True)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """No provider is asked here."""
    return Settings(database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij")


@dataclass
class Doors:
    """Riverside (P1) and Orvantis (P2) with a connection each, and one that both share."""

    hub: Hub
    ids: dict[str, str]

    def save(self, connection: str, policy: SignInPolicy) -> None:
        with self.hub.unit_of_work() as uow:
            save_policy(uow, self.ids[connection], policy)

    def arrive(self, connection: str, subject: str, claims: Claims = NOTHING) -> Person:
        """Whoever is signed in then."""
        assertion = Assertion(Proved(self.ids[connection], "sub", subject), claims)
        with audited_refusal(self.hub) as attempt:
            with self.hub.unit_of_work() as uow:
                token = arrive(uow, assertion, attempt)
            refuse_switched_off(token)
        with self.hub.reading() as uow:
            session = find_session(uow, token)
            assert session
            return read_person(uow, session.person_id)

    def refused(self, connection: str, subject: str, claims: Claims = NOTHING) -> str:
        """Why: nobody is signed in, nothing is written, and one audit row says so."""
        before = self.counts()
        with pytest.raises(NotAllowed) as refusal:
            self.arrive(connection, subject, claims)
        assert self.counts() == [*before[:-1], before[-1] + 1]
        with self.hub.reading() as uow:
            last = uow.connection.execute(
                sa.select(journal.audit).order_by(journal.audit.c.position.desc()).limit(1)
            ).one()
        assert (last.action, last.outcome, last.reason) == ("sign_in", "refused", refusal.value.code)
        return refusal.value.code

    def counts(self) -> list[int]:
        tables = (network.person, network.identity_link, network.appointment, journal.change, journal.audit)
        with self.hub.reading() as uow:
            return [
                uow.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables
            ]

    def find(self, kind: str, name: str) -> str:
        with self.hub.reading() as uow:
            return find_id(uow, kind, name)

    def places(self, person: Person) -> list[tuple[str, str]]:
        with self.hub.reading() as uow:
            return sorted((line.location, line.position) for line in read_appointments(uow, person.id))


@pytest.fixture
def doors(hub: Hub, tmp_path: Path) -> Doors:
    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    with hub.unit_of_work() as uow:
        p1, p2 = find_id(uow, "partner", "P1"), find_id(uow, "partner", "P2")
        ids = {
            "riverside": create_connection(uow, "riverside", "oidc", "Riverside", p1),
            "orvantis": create_connection(uow, "orvantis", "saml", "Orvantis", p2),
            "shared": create_connection(uow, "shared", "oidc", "Group login"),
            "scim": create_connection(uow, "riverside-scim", "scim", "Riverside SCIM", p1),
            "local": create_connection(uow, "riverside-local", "local", "Riverside accounts", p1),
            "p1": p1,
            "p2": p2,
        }
    return Doors(hub, ids)


def test_unknown_subject_is_refused_where_no_policy_says_otherwise(doors: Doors) -> None:
    assert doors.refused("riverside", "ann", ANN) == "unknown_subject"


def test_new_person_belongs_to_the_connections_partner_and_comes_again_as_the_same(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    ann = doors.arrive("riverside", "ann", ANN)
    assert (ann.name, ann.email, ann.locale) == ("Ann Ng", "ann@riverside.example", "fr")
    assert (ann.partner_id, ann.roles) == (doors.ids["p1"], frozenset())
    before = doors.counts()
    again = doors.arrive("riverside", "ann", {**ANN, "last": ["Changed"]})
    assert again == ann  # what this policy does not refresh stays
    assert doors.counts()[:-1] == before[:-1]


def test_new_person_gets_the_places_of_the_claims_and_else_the_default(doors: Doors) -> None:
    policy = replace(
        CREATES,
        attributes={**NAMES, "location": "site", "position": "job"},
        default_location_id=doors.find("location", "L2"),
        default_position_id=doors.find("position", "seller"),
    )
    doors.save("riverside", policy)
    assert doors.places(doors.arrive("riverside", "ann", ANN)) == [("Lakeside", "Salesperson")]
    told = {**ANN, "site": ["L1", "L3"], "job": ["tech"]}  # L3 is a location of Orvantis
    assert doors.places(doors.arrive("riverside", "bob", told)) == [("Riverside", "Service Technician")]
    pairs = {**ANN, "site": ["L1", "L2"], "job": ["tech", "seller"]}
    assert doors.places(doors.arrive("riverside", "cem", pairs)) == [
        ("Lakeside", "Salesperson"),
        ("Riverside", "Service Technician"),
    ]


def test_details_and_places_follow_the_claims_where_the_policy_says_so(doors: Doors) -> None:
    attributes = {**NAMES, "location": "site", "position": "job"}
    doors.save("riverside", replace(CREATES, attributes=attributes, refreshes_details=True))
    ann = doors.arrive("riverside", "ann", {**ANN, "site": ["L1"], "job": ["tech"]})
    later = doors.arrive("riverside", "ann", {**ANN, "last": ["Ng-Li"], "site": ["L2"], "job": ["tech"]})
    assert (later.id, later.name) == (ann.id, "Ann Ng-Li")
    assert doors.places(later) == [("Lakeside", "Service Technician")]


def test_r2_17_places_that_are_told_no_more_end_and_the_default_stays(doors: Doors) -> None:
    policy = replace(
        CREATES,
        attributes={**NAMES, "location": "site", "position": "job"},
        refreshes_details=True,
        default_location_id=doors.find("location", "L2"),
        default_position_id=doors.find("position", "seller"),
    )
    doors.save("riverside", policy)
    default = [("Lakeside", "Salesperson")]
    assert doors.places(doors.arrive("riverside", "bob", ANN)) == default
    written = doors.counts()[:-1]
    assert doors.places(doors.arrive("riverside", "bob", ANN)) == default
    assert doors.counts()[:-1] == written
    told = {**ANN, "site": ["L1"], "job": ["tech"]}
    for claims in ({**ANN, "job": ["tech"]}, {**told, "site": ["L9"]}, {**told, "site": [""]}):
        assert doors.places(doors.arrive("riverside", "ann", told)) == [("Riverside", "Service Technician")]
        assert doors.places(doors.arrive("riverside", "ann", claims)) == []


def test_r2_17_too_many_places_keep_nobody_out(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MAX_PLACES", 1)
    attributes = {**NAMES, "location": "site", "position": "job"}
    doors.save("riverside", replace(CREATES, attributes=attributes, refreshes_details=True))
    told = {**ANN, "site": ["L1", "L2"], "job": ["tech"]}
    assert doors.places(doors.arrive("riverside", "ann", told)) == [("Riverside", "Service Technician")]


def test_r2_12_a_sign_in_that_was_taken_away_comes_back_by_proof_alone(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({**NAMES, "match": "employee"}, creates_people=True))
    claims = {**ANN, "employee": ["U1"]}
    lena = doors.arrive("riverside", "lena", claims)
    with doors.hub.unit_of_work() as uow:
        take_sign_in_away(uow, lena.id, "riverside", "sub", "lena", actor_id=lena.id)
    assert doors.refused("riverside", "lena", claims) == "sign_in_removed"
    assert doors.refused("riverside", "lena", ANN) == "sign_in_removed"
    assert doors.arrive("riverside", "lena anew", claims).id == lena.id
    with doors.hub.reading() as uow, rebuilt(doors.hub, uow) as again, again.reading() as other:
        assert compare_states(uow, other).equal
        assert was_removed_from(other, doors.ids["riverside"], "sub", "lena") == [lena.id]
    with doors.hub.unit_of_work() as uow:
        link_identity(uow, doors.ids["riverside"], "sub", "lena", lena.id, "proof")
    assert doors.arrive("riverside", "lena", claims).id == lena.id


def test_r2_12_whom_a_wrong_claim_meant_is_meant_by_the_right_one(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}))
    wrong = doors.arrive("riverside", "lena", {"employee": ["U2"]})
    with doors.hub.unit_of_work() as uow:
        take_sign_in_away(uow, wrong.id, "riverside", "sub", "lena", actor_id=wrong.id)
    assert doors.arrive("riverside", "lena", {"employee": ["U1"]}).id == doors.find("person", "U1")


def test_a_second_employers_claims_do_not_rename_anybody(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    ann = doors.arrive("riverside", "ann", ANN)
    doors.save(
        "shared",
        replace(CREATES, refreshes_details=True, partner_claim="org", partners={"o": doors.ids["p2"]}),
    )
    with doors.hub.unit_of_work() as uow:
        link_identity(uow, doors.ids["shared"], "sub", "ann", ann.id, "proof")
    assert doors.arrive("shared", "ann", {**ANN, "first": ["Eve"], "org": ["o"]}).name == "Ann Ng"


def test_shared_connection_tells_the_employer(doors: Doors) -> None:
    doors.save("shared", replace(CREATES, partner_claim="org", partners={"o": doors.ids["p2"]}))
    assert doors.arrive("shared", "ann", {**ANN, "org": ["o"]}).partner_id == doors.ids["p2"]


@pytest.mark.parametrize("org", [[], ["else"]], ids=["none", "unknown"])
def test_shared_connection_without_an_employer_that_is_known_is_refused(doors: Doors, org: list[str]) -> None:
    doors.save("shared", replace(CREATES, partner_claim="org", partners={"o": doors.ids["p2"]}))
    assert doors.refused("shared", "ann", {**ANN, "org": org}) == "unknown_employer"


def test_name_that_is_not_told_is_refused(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    assert doors.refused("riverside", "ann", {"mail": ["ann@riverside.example"]}) == "name_not_told"


def test_record_of_the_same_partners_files_is_meant(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}))
    lena = doors.arrive("riverside", "lena", {"employee": ["U1"]})
    assert lena.id == doors.find("person", "U1")
    with doors.hub.reading() as uow:
        assert find_person(uow, doors.ids["riverside"], "sub", "lena") == lena.id


def test_record_of_the_same_partners_scim_client_is_meant(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}))
    with doors.hub.unit_of_work() as uow:
        ann = create_person(uow, NewPerson(doors.ids["p1"], "Ann", "Ng", ""), made_by="scim")
        link_identity(uow, doors.ids["scim"], "scim", "e-77", ann, "scim")
    assert doors.arrive("riverside", "ann", {"employee": ["e-77"]}).id == ann


def test_i24_record_of_another_partner_is_never_meant(doors: Doors) -> None:
    doors.save("orvantis", SignInPolicy({"match": "employee"}))
    with doors.hub.unit_of_work() as uow:
        link_identity(uow, doors.ids["scim"], "scim", "e-77", find_id(uow, "person", "U3"), "scim")
    assert doors.refused("orvantis", "lena", {"employee": ["U1"]}) == "unknown_subject"
    assert doors.refused("orvantis", "suda", {"employee": ["e-77"]}) == "unknown_subject"


def test_two_records_that_fit_are_nobody(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}, creates_people=True))
    assert doors.refused("riverside", "lena", {"employee": ["U1", "U2"]}) == "several_matches"


def test_record_of_somebody_who_signs_in_there_already_is_not_taken_over(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}, creates_people=True))
    doors.arrive("riverside", "lena", {"employee": ["U1"]})
    assert doors.refused("riverside", "somebody else", {"employee": ["U1"]}) == "record_taken"


@pytest.mark.parametrize("role", ["operator", "p2"])
def test_i24_record_with_power_beyond_the_partner_is_not_opened_by_a_claim(doors: Doors, role: str) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}, creates_people=True))
    lena = doors.find("person", "U1")
    with doors.hub.unit_of_work() as uow:
        grant_partner_admin(uow, lena, doors.ids["p1"])  # that alone reaches nothing beyond
        if role == "operator":
            grant_role(uow, lena, role)
        else:
            grant_partner_admin(uow, lena, doors.ids[role])
    assert doors.refused("riverside", "lena", {"employee": ["U1"]}) == "record_has_role"
    with doors.hub.unit_of_work() as uow:
        link_identity(uow, doors.ids["riverside"], "sub", "lena", lena, "link")  # proved
        grant_partner_admin(uow, doors.find("person", "U2"), doors.ids["p1"])
    assert doors.arrive("riverside", "lena", {"employee": ["U1"]}).id == lena
    assert doors.arrive("riverside", "u2", {"employee": ["U2"]}).id == doors.find("person", "U2")


def test_ln1_another_providers_email_is_never_the_person_who_has_it(doors: Doors) -> None:
    doors.save("orvantis", CREATES)
    impostor = doors.arrive("orvantis", "x", {**ANN, "mail": ["lena.okafor@riverside.example"]})
    assert impostor.id != doors.find("person", "U1")
    assert impostor.partner_id == doors.ids["p2"]
    with doors.hub.reading() as uow:
        actions = list(
            uow.connection.scalars(sa.select(journal.audit.c.action).filter_by(subject_id=impostor.id))
        )
    assert sorted(actions) == ["person_created", "sign_in"]


def test_ln1_the_own_providers_email_is_not_the_person_either(doors: Doors) -> None:
    assert (
        doors.refused("riverside", "x", {**ANN, "mail": ["lena.okafor@riverside.example"]})
        == "unknown_subject"
    )


def test_ln2_one_sub_at_two_providers_is_two_people(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    doors.save("orvantis", CREATES)
    here, there = doors.arrive("riverside", "same", ANN), doors.arrive("orvantis", "same", ANN)
    assert here.id != there.id
    assert (here.partner_id, there.partner_id) == (doors.ids["p1"], doors.ids["p2"])


def test_ln4_local_account_that_nobody_verified_is_not_linked(doors: Doors) -> None:
    doors.save("riverside", replace(CREATES, attributes={**NAMES, "match": "mail"}))
    with doors.hub.unit_of_work() as uow:
        local = create_person(
            uow, NewPerson(doors.ids["p1"], "Ann", "Ng", "ann@riverside.example"), made_by="self_registration"
        )
        link_identity(uow, doors.ids["local"], "sub", "ann@riverside.example", local, "local")
    assert doors.arrive("riverside", "ann", ANN).id != local


def test_ln5_person_switched_off_is_refused_and_signed_out_everywhere(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    ann = doors.arrive("riverside", "ann", ANN)
    with doors.hub.unit_of_work() as uow:
        set_disabled(uow, ann.id, disabled=True, reason="scim")
    assert doors.refused("riverside", "ann", ANN) == "person_disabled"
    with doors.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(web_session)) == 0


def test_ln5_record_that_is_switched_off_is_not_linked(doors: Doors) -> None:
    doors.save("riverside", SignInPolicy({"match": "employee"}))
    with doors.hub.unit_of_work() as uow:
        set_disabled(uow, find_id(uow, "person", "U1"), disabled=True, reason="scim")
    assert doors.refused("riverside", "lena", {"employee": ["U1"]}) == "person_disabled"


def test_audience_that_is_not_open_to_sign_ins_refuses_new_people_and_nobody_else(doors: Doors) -> None:
    attributes = {**NAMES, "location": "site", "position": "job"}
    doors.save("riverside", replace(CREATES, attributes=attributes))
    with doors.hub.unit_of_work() as uow:
        conditions = Conditions(positions=(find_id(uow, "position", "tech"),))
        set_audience(uow, Audience("technicians", "Technicians", conditions, ("scim",)))
    told = {**ANN, "site": ["L1"], "job": ["tech"]}
    assert doors.refused("riverside", "ann", told) == "mode_not_for_audience"
    assert doors.places(doors.arrive("riverside", "ann", {**told, "job": ["seller"]})) == [
        ("Riverside", "Salesperson")
    ]


def test_two_first_sign_ins_at_once_make_one_person(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    before = doors.counts()
    with ThreadPoolExecutor(4) as threads:
        people = list(threads.map(lambda _: doors.arrive("riverside", "ann", ANN).id, range(4)))
    assert len(set(people)) == 1
    assert doors.counts()[:2] == [before[0] + 1, before[1] + 1]


VALUES = [
    "U1",
    "U2",
    "U3",
    "e-77",
    "e-88",
    "lena.okafor@riverside.example",
    "suda@orvantis.example",
    "same",
    "",
]
SAID = st.fixed_dictionaries(
    {},
    optional={name: st.lists(st.sampled_from(VALUES), max_size=2) for name in ("first", "mail", "employee")},
)


@effort(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    claims=SAID,
    subject=st.sampled_from([*VALUES[:-1], "lena"]),
    connection=st.sampled_from(["riverside", "orvantis"]),
    creates=st.booleans(),
)
def test_i24_whatever_a_provider_says_it_signs_in_its_own_partners_people_alone(
    doors: Doors, claims: Claims, subject: str, connection: str, creates: bool
) -> None:
    policy = SignInPolicy(
        {"given_name": "first", "email": "mail", "match": "employee"}, creates_people=creates
    )
    doors.save(connection, policy)
    with doors.hub.unit_of_work() as uow:
        for name, person in (("e-77", "U1"), ("e-88", "U2")):
            link_identity(uow, doors.ids["scim"], "scim", name, find_id(uow, "person", person), "scim")
    try:
        who = doors.arrive(connection, subject, claims)
    except NotAllowed:
        return
    assert who.partner_id == doors.ids["p1" if connection == "riverside" else "p2"]


POLICIES = {
    "no_such_attribute": ("riverside", SignInPolicy({"salary": "x"}), "salary"),
    "claim_with_spaces": ("riverside", SignInPolicy({"email": "a b"}), "email"),
    "match_where_shared": ("shared", SignInPolicy({"match": "x"}), "match"),
    "creates_where_shared_without_employer": ("shared", SignInPolicy(creates_people=True), "partner_claim"),
    "employer_where_owned": ("riverside", SignInPolicy(partner_claim="org"), "partner_claim"),
    "employer_that_is_not": ("shared", SignInPolicy(partner_claim="o", partners={"x": "y"}), "partners"),
    "half_a_place": ("riverside", SignInPolicy(default_position_id="x"), "default_location_id"),
}


def test_policies_that_are_refused(doors: Doors) -> None:
    for connection, policy, place in POLICIES.values():
        with pytest.raises(BadInput) as refusal:
            doors.save(connection, policy)
        assert [problem.place for problem in refusal.value.problems] == [place]
    foreign = SignInPolicy(
        default_location_id=doors.find("location", "L3"), default_position_id=doors.find("position", "tech")
    )
    with pytest.raises(BadInput, match="cannot be kept"):
        doors.save("riverside", foreign)


def test_same_policy_again_writes_nothing(doors: Doors) -> None:
    doors.save("riverside", CREATES)
    before = doors.counts()
    doors.save("riverside", CREATES)
    assert doors.counts() == before
    with doors.hub.reading() as uow:
        assert read_policy(uow, doors.ids["riverside"]) == CREATES


def test_policy_names_the_claims_that_are_asked_for() -> None:
    assert CREATES.claim_names == ("first", "last", "mail", "lang")
    assert SignInPolicy({"email": "sub", "match": "sub"}, partner_claim="org").claim_names == ("sub", "org")
