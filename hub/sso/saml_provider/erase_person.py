"""Where a person signed in by SAML, deleted when the person is erased."""

import sqlalchemy as sa

from hub.sso.saml_provider.tables import saml_sign_in
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    query = sa.select(sa.func.count()).where(saml_sign_in.c.person_id == person_id)
    return {"sign-ins at other systems (SAML)": uow.connection.scalar(query) or 0}


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Forget where the person signed in. Rows by kind."""
    counts = count_of_person(uow, person_id)
    uow.connection.execute(sa.delete(saml_sign_in).where(saml_sign_in.c.person_id == person_id))
    return counts
