"""The database is told how many rows there are."""

import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables
from hub.runtime import Hub
from hub.store.statistics import count_anew


def test_tables_that_grew_are_known_to_have_grown(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(tables.brand), [{"id": new_id(), "name": f"Brand {n}"} for n in range(40)])
    with hub.unit_of_work() as uow:
        count_anew(uow, [tables.brand])
    with hub.reading() as uow:
        if not uow.is_sqlite:
            known = "SELECT reltuples FROM pg_class WHERE oid = 'brand'::regclass"
            assert uow.connection.exec_driver_sql(known).scalar_one() == 40
