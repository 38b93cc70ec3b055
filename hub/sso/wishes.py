"""What a system behind the hub wishes of the sign-in that its person is on the way to, whatever its protocol."""

from hub.runtime import Hub
from hub.sso.provider import waiting as openid
from hub.sso.saml_provider import waiting as saml
from hub.sso.waiting import Wishes


def wishes_of(hub: Hub, return_to: str) -> Wishes:
    """What is wished by the request that people come back to at this local path; nothing for every other path.

    A hint chooses nobody: it is what the sign-in page offers, and what the identity provider is told.
    """
    if return_to.startswith(openid.RESUME):
        with hub.glance() as uow:
            of_client = openid.find_request(uow, return_to.removeprefix(openid.RESUME))
        return openid.wishes_in(of_client.asked) if of_client else Wishes()
    if return_to.startswith(saml.RESUME):
        with hub.glance() as uow:
            of_system = saml.find_request(uow, return_to.removeprefix(saml.RESUME))
        return saml.wishes_in(of_system.asked) if of_system else Wishes()
    return Wishes()
