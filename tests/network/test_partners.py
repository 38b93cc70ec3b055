"""A partner that an operator adds, and the import that finds it again."""

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.network.partners import create_partner
from hub.network.tables import partner
from hub.network.views import find_partner
from hub.runtime import Hub


def test_a_partner_is_found_by_both_its_names(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        id = create_partner(uow, "  Harbor   Auto ", "HAR")
        assert [find_partner(uow, words) for words in ("Harbor Auto", "HAR")] == [id, id]


@pytest.mark.parametrize(("name", "external_id"), [("harbor AUTO", ""), ("Other", "HAR")])
def test_a_name_that_is_taken_makes_nothing(hub: Hub, name: str, external_id: str) -> None:
    with hub.unit_of_work() as uow:
        create_partner(uow, "Harbor Auto", "HAR")
    with pytest.raises(Conflict), hub.unit_of_work() as uow:
        create_partner(uow, name, external_id)
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(partner)) == 1


@pytest.mark.parametrize(
    ("name", "external_id"), [(" ", ""), ("x" * 201, ""), ("a\x00b", ""), ("a", "x" * 201)]
)
def test_names_that_are_none(hub: Hub, name: str, external_id: str) -> None:
    with pytest.raises(BadInput), hub.unit_of_work() as uow:
        create_partner(uow, name, external_id)
