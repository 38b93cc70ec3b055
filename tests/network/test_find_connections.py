"""Finding connections by how what they are called begins, among few and among many."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables
from hub.network.systems.find_connections import CONNECTIONS, search_connections
from hub.runtime import Hub
from hub.store import UnitOfWork

RIVERSIDE, HARBOR = new_id(), new_id()
SYSTEMS = [
    ("harbor-idp", "Harbor Sign-in", HARBOR, ("harbor.example", "harbor.test")),
    ("lms-north", "North Academy", RIVERSIDE, ()),
    ("lms-south", "LMS South 100%", RIVERSIDE, ()),
    ("shared", "Harbor Academy", None, ("academy.example",)),
]


@pytest.fixture
def uow(hub: Hub) -> Iterator[UnitOfWork]:
    with hub.unit_of_work() as uow:
        uow.insert(tables.partner, id=RIVERSIDE, name="Riverside Auto")
        uow.insert(tables.partner, id=HARBOR, name="Harbor Group")
        for slug, name, partner_id, domains in SYSTEMS:
            add(uow, slug, name, partner_id, domains)
        yield uow


def add(uow: UnitOfWork, slug: str, name: str, partner_id: str | None, domains: tuple[str, ...] = ()) -> None:
    id = new_id()
    values = {
        "id": id,
        "slug": slug,
        "name": name,
        "partner_id": partner_id,
        "kind": "oidc",
        "disabled": False,
    }
    uow.connection.execute(sa.insert(tables.connection).values(**values))
    for domain in domains:
        uow.insert(tables.email_domain, domain=domain, connection_id=id)


def slugs(uow: UnitOfWork, words: str, after: str = "") -> list[str]:
    return [line.slug for line in search_connections(uow, words, after)[0]]


@pytest.mark.parametrize(
    "words, found",
    [
        ("", ["harbor-idp", "lms-north", "lms-south", "shared"]),
        ("  ", ["harbor-idp", "lms-north", "lms-south", "shared"]),
        ("LMS", ["lms-north", "lms-south"]),
        ("lms-s", ["lms-south"]),
        ("north ac", ["lms-north"]),
        ("academy north", []),
        ("lms-n north", ["lms-north"]),
        ("harbor", ["harbor-idp", "shared"]),  # once each, though four texts begin so
        ("harbor.", ["harbor-idp"]),
        ("Harbor.TEST", ["harbor-idp"]),
        ("harbor shared", ["shared"]),
        ("riverside", ["lms-north", "lms-south"]),
        ("riverside lms-s", ["lms-south"]),
        ("academy.example", ["shared"]),
        ("orth", []),
        ("lms%", []),
        ("lms_south", []),
    ],
)
def test_each_word_begins_what_it_is_called(uow: UnitOfWork, words: str, found: list[str]) -> None:
    assert slugs(uow, words) == found


def test_a_line_says_whose_it_is_and_which_domains_it_signs_in(uow: UnitOfWork) -> None:
    (line,), more = search_connections(uow, "harbor-idp")
    assert (line.name, line.partner, line.domains) == (
        "Harbor Sign-in",
        "Harbor Group",
        ("harbor.example", "harbor.test"),
    )
    assert more == ""
    (shared,), _ = search_connections(uow, "shared")
    assert (shared.partner, shared.domains) == ("", ("academy.example",))


@pytest.mark.parametrize(
    "words, count", [("", 184), ("many", 180), ("riverside", 122), ("x1", 11), ("many x", 60)]
)
def test_pages_show_everything_once(uow: UnitOfWork, words: str, count: int) -> None:
    for n in range(60):
        add(
            uow,
            f"many-{n}",
            f"Many {n % 7}",
            RIVERSIDE,
            (f"many-{n}.example", f"x{n}.example", f"x-{n}.example"),
        )
        add(uow, f"other-{n}", f"Many {n % 7}", None)
        add(uow, f"last-{n}", f"Last {n}", RIVERSIDE, (f"many-last-{n}.example",))
    seen: list[str] = []
    after = ""
    while True:
        lines, after = search_connections(uow, words, after)
        seen += [line.slug for line in lines]
        if not after:
            break
        assert len(lines) == CONNECTIONS
    assert len(seen) == len(set(seen)) == count


@pytest.mark.parametrize("after", ["gone", "shared", "\\", "zzz"])
def test_an_address_that_was_made_up_finds_something_or_nothing(uow: UnitOfWork, after: str) -> None:
    assert slugs(uow, "harbor", after) in ([], ["harbor-idp", "shared"])


def test_only_those_of_one_kind_are_found(uow: UnitOfWork) -> None:
    assert [line.slug for line in search_connections(uow, "h", kind="oidc")[0]] == ["harbor-idp", "shared"]
    assert [line.slug for line in search_connections(uow, "", kind="oidc")[0]][:1] == ["harbor-idp"]
    assert search_connections(uow, "h", kind="scim") == ([], "")
    assert search_connections(uow, "", kind="scim") == ([], "")
