"""What must happen once, when several read a roster, or launch, at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from hub.lti.roster.tables import lti_member, lti_roster
from hub.lti.vocabulary import NRPS_SCOPE
from hub.network.people.identities import SUBJECT
from hub.network.tables import identity_link
from tests.lti.rig import Form, Rig


def test_first_reads_and_a_first_launch_at_once_give_one_subject_each(rig: Rig) -> None:
    token, path = rig.token(NRPS_SCOPE), f"/lti/contexts/{rig.context()}/members"
    request = rig.request_for(rig.start("ann"))

    def read() -> list[str]:
        answer = rig.another_client().call("GET", path, token)
        assert answer.status_code == 200, answer.text
        return [member["user_id"] for member in (answer.json or {})["members"]]

    def launch() -> list[str]:
        browser = rig.another_client()
        browser.sign_in("ann")
        return [str(rig.claims(Form(browser.authorize(request).text).fields["id_token"])["sub"])]

    with ThreadPoolExecutor(9) as pool:
        told = [each.result() for each in [pool.submit(call) for call in (*[read] * 4, launch, *[read] * 4)]]
    rosters = [each for each in told if len(each) == 2]
    assert len(rosters) == 8
    assert {subject for each in told for subject in each} == set(rosters[0])
    with rig.hub.reading() as uow:
        links = uow.connection.execute(sa.select(identity_link).where(identity_link.c.form == SUBJECT)).all()
        assert len(links) == 2
        assert uow.connection.scalars(sa.select(lti_roster.c.revision)).all() == [1]
        assert len(uow.connection.execute(sa.select(lti_member)).all()) == 2
