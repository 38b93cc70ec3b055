"""What the administrator of a tool tells the hub, checked (LTI 1.3, section 3.1.3; Dynamic Registration 1.0, section 3.5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

from hub.errors import BadInput, Problem
from hub.lti.addresses import address_problem
from hub.lti.remote_keys import usable_keys
from hub.lti.vocabulary import ALL_SCOPES, USUAL_SCOPES

ToolState = Literal["active", "pending", "refused"]

RESERVED_PARAMETERS = frozenset({"hub_actor", "registration"})
"""Custom parameters the hub itself sets."""
_URLS = ("login_url", "launch_url", "jwks_url", "deep_linking_url")


class ToolChanges(TypedDict, total=False):
    """Settings of a tool; what is left out of a change stays as it is.

    ``redirect_uris`` are the addresses an id_token may be posted to, compared exactly; the launch URL if left out.
    ``scopes`` default to all of AGS and NRPS, ``shares_personal_data`` (whether launches tell name and e-mail) to true.
    ``public_jwks`` are the tool's keys where it has no address for them: then ``jwks_url`` is left out.
    ``deep_linking_url`` is where content is chosen, None where the tool does not offer it. ``custom`` are launch
    parameters of all its courses, ``domain`` is where its content lies. ``asked`` is what the tool asked for when it
    registered itself, for the person who decides.
    """

    redirect_uris: Sequence[str]
    scopes: Sequence[str]
    shares_personal_data: bool
    state: ToolState
    login_url: str
    launch_url: str
    jwks_url: str
    public_jwks: Sequence[Mapping[str, Any]] | None
    deep_linking_url: str | None
    custom: Mapping[str, str]
    domain: str
    asked: Mapping[str, Any] | None


def new_settings(given: ToolChanges) -> dict[str, Any]:
    """All settings of a new tool, as the table keeps them. Raises BadInput ``bad_tool`` with one problem per wrong one."""
    return changed_settings(
        {
            "login_url": "",
            "launch_url": "",
            "redirect_uris": [],
            "jwks_url": "",
            "public_jwks": None,
            "scopes": sorted(USUAL_SCOPES),
            "shares_personal_data": True,
            "state": "active",
            "deep_linking_url": None,
            "custom": {},
            "domain": "",
            "asked": None,
        },
        given,
    )


def changed_settings(known: Mapping[str, Any], given: ToolChanges) -> dict[str, Any]:
    """The settings of a tool after a change; as ``new_settings``.

    Redirect URIs that were just the launch URL follow it when it changes.
    """
    body: dict[str, Any] = {**known, **given}
    follows = not given.get("redirect_uris") and known["redirect_uris"] == [known["launch_url"]]
    if follows or not body["redirect_uris"]:
        body["redirect_uris"] = [body["launch_url"]]
    body["redirect_uris"] = list(body["redirect_uris"])
    body["scopes"] = sorted(set(body["scopes"]))
    body["custom"] = dict(body["custom"])
    if body["public_jwks"] is not None:
        body["public_jwks"] = usable_keys(body["public_jwks"])
    problems = [*_address_problems(body), *_other_problems(body)]
    if problems:
        raise BadInput("bad_tool", "This LTI tool cannot be registered.", problems=problems)
    return body


def _address_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    optional = {"deep_linking_url"} | ({"jwks_url"} if body["public_jwks"] else set())
    urls = [(name, body[name]) for name in _URLS if body[name] or name not in optional]
    urls += [("redirect_uris", uri) for uri in body["redirect_uris"]]
    for name, url in urls:
        if problem := address_problem(url):
            yield Problem(problem, name)


def _other_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    for scope in body["scopes"]:
        if scope not in ALL_SCOPES:
            yield Problem(f"unknown scope {scope}", "scopes")
    if body["public_jwks"] == []:
        yield Problem("none of the keys is an RSA key of 2048 bits with a kid", "public_jwks")
    if RESERVED_PARAMETERS & body["custom"].keys():
        yield Problem(f"the hub itself sets {', '.join(sorted(RESERVED_PARAMETERS))}", "custom")
    texts = [text for pair in body["custom"].items() for text in pair]
    if any(not isinstance(text, str) or "\0" in text for text in texts):
        yield Problem("names and values are texts", "custom")
