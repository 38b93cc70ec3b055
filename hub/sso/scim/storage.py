"""Where the SCIM protocol meets the database: every read and write of one client, and of nobody else.

Each operation of a bulk request is a unit of work of its own, so that one that fails takes no other with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from scim2_models import (
    ConflictException,
    ForbiddenException,
    Group,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UniquenessException,
    User,
)
from scim2_server.storage import ScimStorage, SearchPage

from hub.errors import BadInput, Conflict, HubError, NotAllowed
from hub.ids import is_id, new_id
from hub.runtime import Hub
from hub.sso.scim import people
from hub.sso.scim.caller import Caller
from hub.sso.scim.members import give_places_to, set_members, users_of_group
from hub.sso.scim.names import GROUP, USER
from hub.sso.scim.rows import COLUMNS, read, version_text, write
from hub.sso.scim.search import search
from hub.sso.scim.tables import scim_resource
from hub.store import UnitOfWork
from hub.store.insert import insert_once

_ROW = (*COLUMNS, scim_resource.c.person_id)


class HubStorage(ScimStorage):
    """The users and groups of one client. ``writes`` says whether its operations may change anything."""

    supports_cursors = True

    def __init__(self, hub: Hub, caller: Caller, *, writes: bool = True) -> None:
        self._hub = hub
        self._caller = caller
        self._writes = writes
        self._current: UnitOfWork | None = None

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One unit of work. What the hub refuses becomes an error of the protocol."""
        with self._unit():
            yield

    @property
    def unit(self) -> UnitOfWork:
        """The unit of work of the operation under way."""
        if self._current is None:
            raise RuntimeError("no operation is under way")
        return self._current

    @contextmanager
    def _unit(self) -> Iterator[UnitOfWork]:
        if self._current is not None:
            yield self._current
            return
        try:
            with self._hub.unit_of_work() if self._writes else self._hub.reading() as uow:
                self._current = uow
                yield uow
        except HubError as error:
            raise refused(error) from error
        except OverflowError as error:  # an instant that no calendar has in UTC
            raise InvalidValueException(detail="A time is out of range.") from error
        except sa.exc.IntegrityError as error:
            raise UniquenessException from error  # somebody took the name in the same moment
        finally:
            self._current = None

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """One resource of the client; NotFoundException also for one of another client."""
        with self._unit() as uow:
            row = self._row(uow, resource_type, resource_id)
            return read(uow, [row], response_parameters)[0]

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page of what matches."""
        with self._unit() as uow:
            return search(uow, self._caller.connection_id, resource_types, search_request, position)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new user with the person it means, or a new group."""
        with self._unit() as uow:
            id, written = new_id(), write(resource)
            user = resource if isinstance(resource, User) else None
            person_id = people.find_or_create(uow, self._caller, user) if user else None
            values = {"id": id, "connection_id": self._caller.connection_id, "kind": resource_type.name}
            times = {"created_at": uow.now, "modified_at": uow.now, "version": 1}
            if not insert_once(uow, scim_resource, **values, **times, **vars(written), person_id=person_id):
                raise UniquenessException
            if user and person_id:
                people.keep_up(uow, self._caller, id, person_id, None, user)
            elif isinstance(resource, Group):
                self._set_members(uow, id, resource)
            return read(uow, [self._row(uow, resource_type, id)])[0]

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Replace a resource; a user's person follows."""
        with self._unit() as uow:
            row = self._row(uow, resource_type, resource.id or "")
            _check_version(row, expected_version)
            before = read(uow, [row])[0] if row.kind == USER else None
            table = scim_resource
            uow.connection.execute(
                sa.update(table)
                .where(table.c.id == row.id)
                .values(**vars(write(resource)), version=row.version + 1, modified_at=uow.now)
            )
            if row.kind == USER:
                told, after = cast("User[Any]", before), cast("User[Any]", resource)
                person_id = people.person_of(uow, self._caller, row, told)
                people.keep_up(uow, self._caller, row.id, person_id, told, after)
            else:
                self._set_members(uow, row.id, resource)
            return read(uow, [self._row(uow, resource_type, row.id)])[0]

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Delete a resource; a user's person is switched off and signed out, a group's members lose its place."""
        with self._unit() as uow:
            row = self._row(uow, resource_type, resource_id)
            _check_version(row, expected_version)
            was = read(uow, [row])[0]
            users = users_of_group(uow, row.id) if row.kind == GROUP else []
            person_id = people.person_of(uow, self._caller, row, was) if isinstance(was, User) else ""
            uow.connection.execute(sa.delete(scim_resource).where(scim_resource.c.id == row.id))
            if isinstance(was, User):
                people.release(uow, self._caller, row.id, person_id, was)
            give_places_to(uow, self._caller, users)

    def _set_members(self, uow: UnitOfWork, group_id: str, group: Resource[Any]) -> None:
        changed = set_members(uow, self._caller, group_id, group)
        give_places_to(uow, self._caller, changed)

    def _row(self, uow: UnitOfWork, resource_type: ResourceType, resource_id: str) -> Any:
        """The client's own resource, held while it is being changed."""
        query = sa.select(*_ROW).where(
            scim_resource.c.id == resource_id,
            scim_resource.c.connection_id == self._caller.connection_id,
            scim_resource.c.kind == resource_type.name,
        )
        if self._writes:
            query = query.with_for_update(key_share=True)
        is_ours = is_id(resource_id) and resource_id == resource_id.lower()  # ids are compared exactly
        row = uow.connection.execute(query).one_or_none() if is_ours else None
        if row is None:
            raise NotFoundException(detail=f"There is no {resource_type.name} with this id.")
        return row


def refused(error: HubError) -> SCIMException:
    """What the hub refused, as an error of the protocol (RFC 7644, 3.12), in the hub's words."""
    detail = f"{error.message} {error.help}".strip()
    if isinstance(error, Conflict):
        conflict = UniquenessException if error.code in _TAKEN else ConflictException
        return conflict(detail=detail)
    if isinstance(error, NotAllowed):
        return ForbiddenException(detail=detail)
    if isinstance(error, BadInput):
        return InvalidValueException(detail=detail)
    return NotFoundException(detail=detail)


_TAKEN = frozenset({"identity_taken", "user_exists"})


def _check_version(row: Any, expected: str | None) -> None:
    if expected is not None and version_text(row.version) != expected:
        raise PreconditionFailedException
