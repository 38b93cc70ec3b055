"""Keys of the hub: one signs for each purpose, and the two never mix."""

import threading
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from hub.app import open_hub
from hub.runtime import Hub
from hub.signing.keys import find_public_key, list_signing_keys, published_keys, rotate_signing_key, sign


def test_each_purpose_has_keys_of_its_own(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        token = sign(uow, "oidc", {"sub": "a"}, typ="logout+jwt")
    (oidc,), (lti,) = published_keys(hub, "oidc")["keys"], published_keys(hub, "lti")["keys"]
    assert oidc["kid"] != lti["kid"]
    only: Any = {"keys": [oidc]}
    read = jwt.decode(token, KeySet.import_key_set(only), algorithms=["RS256"])
    assert (read.header["typ"], read.header["kid"]) == ("logout+jwt", oidc["kid"])
    with hub.unit_of_work() as uow:
        assert find_public_key(uow, "oidc", oidc["kid"])
        assert find_public_key(uow, "oidc", lti["kid"]) is None
        assert find_public_key(uow, "oidc", "nobody's") is None
        assert find_public_key(uow, "oidc", "\0") is None
        rotate_signing_key(uow, "oidc")
        assert [key.signs for key in list_signing_keys(uow, "oidc")].count(False) == 1
        assert [key.signs for key in list_signing_keys(uow, "lti")] == [True]
        assert find_public_key(uow, "oidc", oidc["kid"]), "what it signed can still be checked"


def test_two_processes_that_need_the_first_key_at_once_make_one(hub: Hub) -> None:
    second = open_hub(hub.settings, clock=hub.clock)
    ready = threading.Barrier(4)

    def first_signature(which: Hub) -> None:
        ready.wait()
        with which.unit_of_work() as uow:
            sign(uow, "oidc", {"sub": "a"})

    threads = [threading.Thread(target=first_signature, args=(which,)) for which in (hub, second) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    with hub.reading() as uow:
        assert len(list_signing_keys(uow, "oidc")) == 1
