"""What a client is told about a person: under which subject, and which claims (OpenID Connect Core 1.0, sections 5 and 8)."""

from collections.abc import Sequence

from hub.network.people.identities import pairwise_subject
from hub.network.people.person import Person
from hub.sso.provider.proved_email import is_email_proved
from hub.sso.provider.served import Served
from hub.store import UnitOfWork


def subject_of(uow: UnitOfWork, client: Served, person_id: str) -> str:
    """How this client knows the person, for good.

    Pairwise subjects belong to the connection: all clients of one system get the same, which is also the LTI ``sub`` there,
    and no two systems can compare notes. Public ones are the same everywhere.
    """
    if client.subject_type == "public":
        return person_id
    return pairwise_subject(uow, client.connection_id, person_id)


def claims_about(uow: UnitOfWork, person: Person, scopes: Sequence[str]) -> dict[str, str | bool]:
    """The claims that these scopes ask for, as far as the hub knows them.

    With an address comes always whether it is proved: systems that find people by it must know that files and identity
    providers may claim any.
    """
    claims: dict[str, str | bool] = {}
    if "profile" in scopes:
        claims |= {
            "name": person.name,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "locale": person.locale,
        }
    if "email" in scopes:
        claims["email"] = person.email
    told: dict[str, str | bool] = {name: value for name, value in claims.items() if value}
    if "email" in told:
        told["email_verified"] = is_email_proved(uow, person)
    return told
