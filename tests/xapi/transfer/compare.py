"""What two stores have, so that it can be compared."""

from typing import Any

from tests.xapi.rig import VERBS, Store

SET_BY_STORE = ("stored", "authority")


def everything(store: Store) -> dict[str, Any]:
    """All statements of a store by id, without what the store sets; voided ones too."""
    page = store.page(ascending="true", limit=100)
    found = list(page["statements"])
    while page["more"]:
        page = store.follow(page)
        found += page["statements"]
    for each in [e for e in found if e["verb"]["id"] == VERBS + "voided"]:
        found.append(store.get(voidedStatementId=each["object"]["id"]).json)
    return {e["id"]: {k: v for k, v in e.items() if k not in SET_BY_STORE} for e in found}
