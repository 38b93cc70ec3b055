"""Whether the database answers."""

import sqlalchemy as sa

from hub.journal import tables
from hub.journal.readers import OpenUnit
from hub.logging import get_logger

logger = get_logger(__name__)


def database_answers(open_unit: OpenUnit) -> bool:
    """Whether the database can be reached and has the hub's tables; why not stands in the log."""
    try:
        with open_unit() as uow:
            uow.connection.execute(sa.select(tables.reader.c.name).limit(1)).all()
    except sa.exc.SQLAlchemyError as error:
        logger.error("database_does_not_answer", error=type(error).__name__)
        return False
    return True
