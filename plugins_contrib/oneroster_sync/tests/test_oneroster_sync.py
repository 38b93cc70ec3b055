"""The plugin against a OneRoster service over HTTP, and at a hub."""

from collections.abc import Iterator

import flask
import pytest
from oneroster_sync import Plugin, Settings

from hub.api import CatalogueSource, OutgoingHttp, OutsideFailed, RosterRow
from hub.runtime import Hub
from hub.testing.oneroster import CLIENT, SECRET, Service, course, serve_oneroster, user

KEYS = f"{CLIENT}:{SECRET}"


@pytest.fixture
def service() -> Iterator[Service]:
    with serve_oneroster() as served:
        yield served


def plugin(service: Service, **options: object) -> Plugin:
    made = Plugin()
    system = {"token_url": service.token_url, "page": 3, **options}
    made.settings = Settings.model_validate({"systems": {"north": system}})
    return made


def rows(service: Service, secret: str = KEYS, **options: object) -> list[str]:
    """Titles of the courses that the plugin reads, three to a page."""
    source = CatalogueSource("north", service.address, secret)
    found = plugin(service, **options).read_catalogue(source, OutgoingHttp([service.host]))
    return [row.title for row in found]


def test_row_says_how_statements_name_the_course(service: Service) -> None:
    service.rows["courses"] = [course(7, " Brakes ")]
    source = CatalogueSource("north", f"{service.address}/", KEYS)
    (row,) = plugin(service).read_catalogue(source, OutgoingHttp([service.host]))
    assert (row.external_id, row.key, row.title, row.description) == ("c0007", "north-c0007", "Brakes", "C-7")
    assert row.activity_id == f"{service.address}/courses/c0007"
    said = plugin(service, activity="https://lms.example/c/{id}")
    (row,) = said.read_catalogue(source, OutgoingHttp([service.host]))
    assert row.activity_id == "https://lms.example/c/c0007"


def test_classes_can_be_the_courses(service: Service) -> None:
    service.rows["classes"] = [{"sourcedId": "k1", "status": "active", "title": "Brakes in May"}]
    assert rows(service, offers="classes") == ["Brakes in May"]


@pytest.mark.parametrize("tells", [("total", "link"), ("total",), ("link",), ()], ids=" ".join)
def test_every_page_is_read_whatever_the_service_says_of_their_number(
    service: Service, tells: tuple[str, ...]
) -> None:
    service.tells, service.largest_page = set(tells), 2
    service.rows["courses"] = [course(n, str(n)) for n in range(7)]
    assert rows(service) == [str(n) for n in range(7)]


def test_token_that_ran_out_is_asked_for_again_and_no_page_is_lost(service: Service) -> None:
    service.rows["courses"] = [course(n, str(n)) for n in range(7)]

    def run_out() -> None:
        service.tokens.append("of somebody else")

    service.faults = [lambda: None, run_out]
    assert rows(service) == [str(n) for n in range(7)]
    assert service.tokens == ["token-1", "of somebody else", "token-3"]


def test_busy_service_is_asked_again_when_it_says_so(service: Service) -> None:
    service.rows["courses"] = [course(n, str(n)) for n in range(4)]
    service.faults = [lambda: None, lambda: flask.Response(status=429, headers={"Retry-After": "0"})]
    assert rows(service) == ["0", "1", "2", "3"]


def busy(seconds: int) -> flask.Response:
    return flask.Response(status=429, headers={"Retry-After": str(seconds)})


def test_it_waits_in_small_steps_and_not_for_ever(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("oneroster_sync.time.sleep", slept.append)
    service.rows["courses"] = [course(n, str(n)) for n in range(7)]
    service.faults = [lambda: busy(3), lambda: None, lambda: busy(2)]
    assert len(rows(service)) == 7
    assert slept == [1.0] * 5
    service.faults = [lambda: busy(3), lambda: None, lambda: busy(3)]
    with pytest.raises(OutsideFailed, match="come back in 3 seconds") as refused:
        rows(service)
    assert (refused.value.wait, refused.value.retryable, slept) == (3.0, True, [1.0] * 8)


def test_course_deleted_while_pages_are_read_hides_no_other(service: Service) -> None:
    """The second page would begin one row later than the first one ended."""
    service.rows["courses"] = [course(n, str(n)) for n in range(7)]
    gone: list[object] = []

    def move(offset: int) -> None:
        if offset and not gone:
            gone.append(service.rows["courses"].pop(0))

    service.before_page = move
    assert rows(service) == [str(n) for n in range(1, 7)]


def test_list_that_never_holds_still_is_left_alone(service: Service) -> None:
    service.rows["courses"] = [course(n, str(n)) for n in range(100)]

    def shrink(offset: int) -> None:
        service.rows["courses"].pop(0)

    service.before_page = shrink
    with pytest.raises(OutsideFailed, match="changed while it was read") as failure:
        rows(service)
    assert failure.value.retryable


def test_client_that_sees_nothing_retires_nothing(service: Service) -> None:
    service.rows["courses"] = [course(1, "Brakes", status="tobedeleted")]
    with pytest.raises(OutsideFailed, match="no courses at all"):
        rows(service)


def test_wrong_secret_and_none_are_said_and_the_secret_is_not(service: Service) -> None:
    with pytest.raises(OutsideFailed, match="token service answered 401") as refused:
        rows(service, f"{CLIENT}:wr0ng")
    assert not refused.value.retryable
    with pytest.raises(OutsideFailed, match="how to ask for a token") as unknown:
        rows(service, "wr0ng")
    assert "wr0ng" not in str(refused.value) + str(unknown.value) + (unknown.value.help or "")


@pytest.mark.parametrize(
    "person, account, expected",
    [
        ("identifier", "sourcedId", RosterRow("P1", "u0001")),
        ("sourcedId", "username", RosterRow("u0001", "user1")),
        ("userIds:HR", "sourcedId", RosterRow("hr-1", "u0001")),
    ],
)
def test_settings_say_which_field_names_the_person(
    service: Service, person: str, account: str, expected: RosterRow
) -> None:
    service.rows["users"] = [user(1, "P1")]
    asked = plugin(service, person=person, account=account)
    source = CatalogueSource("north", service.address, KEYS)
    assert list(asked.read_roster(source, OutgoingHttp([service.host]))) == [expected]


def test_hub_reads_courses_through_it(hub: Hub, service: Service) -> None:
    service.rows["courses"] = [course(7, "Brakes")]
    (at_the_hub,) = (each.instance for each in hub.hooks.plugins if each.name == "oneroster_sync")
    at_the_hub.settings = plugin(service).settings
    rows = hub.hooks.fetch(
        "read_catalogue",
        "oneroster_sync",
        source=CatalogueSource("north", service.address, KEYS),
        http=OutgoingHttp([service.host]),
    )
    assert [row.title for row in rows] == ["Brakes"]
