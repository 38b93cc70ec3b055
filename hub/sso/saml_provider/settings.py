"""What can be set for a system that signs people in by SAML, and what is refused when it is set."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from hub.errors import BadInput, Problem
from hub.sso.provider.client_settings import SUBJECT_TYPES
from hub.sso.saml.metadata import is_usable_address

CLAIMS = ("name", "given_name", "family_name", "email", "email_verified", "locale")
"""What a system may be told about a person besides the NameID; an address never without whether it is proved."""
MAX_NAME = 200


class SystemChanges(TypedDict, total=False):
    """Settings of a system. ``attribute_names`` are the names of attributes by claim; lists are of texts."""

    name: str
    metadata_url: str
    attribute_names: Mapping[str, str]
    subject_type: str
    encrypts: bool
    hub_initiated: bool
    partner_ids: list[str]
    audiences: list[str]


DEFAULTS: Mapping[str, Any] = {
    "metadata_url": "",
    "attribute_names": {
        "name": "displayName",
        "given_name": "givenName",
        "family_name": "sn",
        "email": "mail",
        "email_verified": "emailVerified",
        "locale": "preferredLanguage",
    },
    "subject_type": "pairwise",
    "encrypts": False,
    "hub_initiated": False,
    "partner_ids": [],
    "audiences": [],
}


def read_attribute_names(lines: Sequence[str]) -> dict[str, str]:
    """Names of attributes by claim out of lines such as ``email = mail``. BadInput ``bad_client``."""
    found: dict[str, str] = {}
    for line in lines:
        claim, equals, name = (part.strip() for part in line.partition("="))
        if not equals or not name or claim not in CLAIMS or claim in found:
            raise _bad(
                [Problem(f"is a line each, such as email = mail; not {line[:100]}", "attribute_names")]
            )
        found[claim] = name
    return found


def changed_settings(known: Mapping[str, Any], changes: SystemChanges) -> dict[str, Any]:
    """The settings after the changes. BadInput ``bad_client`` with one problem per wrong setting."""
    given: dict[str, Any] = dict(changes)
    for name in ("partner_ids", "audiences"):
        if name in given:
            given[name] = list(dict.fromkeys(given[name]))
    settings = {**known, **given}
    settings["attribute_names"] = _with_proof(settings["attribute_names"])
    problems = list(_problems(settings))
    if problems:
        raise _bad(problems)
    return settings


def _with_proof(names: Mapping[str, str]) -> dict[str, str]:
    proof = "email_verified"
    others = {claim: name for claim, name in names.items() if claim != proof}
    if "email" not in names:
        return others
    return {**others, proof: names.get(proof) or DEFAULTS["attribute_names"][proof]}


def _problems(settings: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    if not settings.get("name", "").strip() or len(settings["name"]) > MAX_NAME:
        found.append(Problem(f"must be a name of at most {MAX_NAME} characters", "name"))
    if settings["metadata_url"] and not is_usable_address(settings["metadata_url"]):
        found.append(Problem("must be an https address", "metadata_url"))
    if settings["subject_type"] not in SUBJECT_TYPES:
        found.append(Problem("must be pairwise or public", "subject_type"))
    names = settings["attribute_names"]
    if not set(names) <= set(CLAIMS) or len(set(names.values())) != len(names):
        found.append(Problem(f"gives each of {', '.join(CLAIMS)} a name of its own", "attribute_names"))
    if any(not name or len(name) > MAX_NAME or not name.isprintable() for name in names.values()):
        found.append(Problem("holds a name that is none", "attribute_names"))
    return found


def _bad(problems: Sequence[Problem]) -> BadInput:
    return BadInput("bad_client", "This system cannot sign people in like that.", problems=problems)
