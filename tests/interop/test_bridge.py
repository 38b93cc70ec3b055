"""A course of one LMS inside another, with the hub between them: both ends are other people's software."""

from fractions import Fraction

from tests.interop.ltijs import SCORE, Launched, connect_ltijs
from tests.interop.platform import ANN, connect
from tests.interop.site import Site


def test_a_score_of_ltijs_arrives_in_the_gradebook_of_lti1p3platform(
    site: Site, ltijs: str, lti1p3platform: str
) -> None:
    connect_ltijs(site, ltijs, "welding")
    platform = connect(site, lti1p3platform)
    page = platform.launch(f"offering/{site.rig.world.ids['welding']}")
    assert Launched(site, ltijs, page).ask("/score", SCORE).ok
    site.rig.world.drain()
    (score,) = platform.scores()
    assert (score["link"], score["userId"]) == ("link-1", ANN)
    assert Fraction(str(score["scoreGiven"])) / Fraction(str(score["scoreMaximum"])) == Fraction(9, 10)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
