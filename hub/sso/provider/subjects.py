"""What a client is told about a person: under which subject, and which claims (OpenID Connect Core 1.0, sections 5 and 8)."""

from collections.abc import Sequence

from hub.network.identities import pairwise_subject
from hub.network.people import Person
from hub.sso.provider.clients import Client
from hub.store import UnitOfWork


def subject_of(uow: UnitOfWork, client: Client, person_id: str) -> str:
    """How this client knows the person, for good.

    Pairwise subjects belong to the connection: all clients of one system get the same, which is also the LTI ``sub`` there,
    and no two systems can compare notes. Public ones are the same everywhere.
    """
    if client.subject_type == "public":
        return person_id
    return pairwise_subject(uow, client.connection_id, person_id)


def claims_about(person: Person, scopes: Sequence[str]) -> dict[str, str]:
    """The claims that these scopes ask for, as far as the hub knows them. It has not verified any e-mail address."""
    claims: dict[str, str] = {}
    if "profile" in scopes:
        claims |= {
            "name": person.name,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "locale": person.locale,
        }
    if "email" in scopes:
        claims["email"] = person.email
    return {name: value for name, value in claims.items() if value}
