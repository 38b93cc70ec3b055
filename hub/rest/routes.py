"""The blueprint with every resource on it, and the document that tells of them (OpenAPI 3.1)."""

from functools import cache
from typing import Any

import flask
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from hub import __version__
from hub.access.api_tokens import SCOPES
from hub.errors import Missing
from hub.flask_hub import current_hub
from hub.rest import (
    appointments,
    attributes,
    audiences,
    change_network,
    change_people,
    decisions,
    goals,
    imports,
    network,
    opinions,
    people,
    plans,
    reports,
    webhooks,
    why,
)
from hub.rest.api import PREFIX, TOKEN, blueprint
from hub.rest.problems import Problem
from hub.rest.told import Operation, ToldShape, operations, shapes

__all__ = [
    "appointments",
    "attributes",
    "audiences",
    "blueprint",
    "change_network",
    "change_people",
    "decisions",
    "document",
    "goals",
    "imports",
    "network",
    "opinions",
    "people",
    "plans",
    "reports",
    "webhooks",
    "why",
]

ABOUT = """Partners, locations, people and what they have to learn, for programs.

Send a token as `Authorization: Bearer`. It reaches as far as its owner: everything, one partner's side of the wall, or what one
person may see. What it does not see answers as what does not exist. Lists come in pages: `next` of one page is `after` of the next.
"""


@blueprint.route("/openapi.json")
def openapi() -> flask.Response:
    """This document. It needs no token."""
    address = current_hub().settings.url("")
    return flask.jsonify({**document(), "servers": [{"url": address.rstrip("/") or "/"}]})


@blueprint.route("/")
def page() -> str:
    """What there is to ask, for people. It needs no token either, and says nothing about anybody."""
    address = current_hub().settings.url("").rstrip("/")
    return flask.render_template(
        "programs.html", address=address, version=__version__, scopes=SCOPES, operations=_subjects()
    )


@blueprint.route("/about/<subject>")
def subject_page(subject: str) -> str:
    """The resources of one subject, with all that is asked and answered."""
    if subject not in _subjects():
        raise Missing("not_found", "There is no such page.")
    return flask.render_template(
        "programs_subject.html", subject=subject, listed=_subjects()[subject], shapes=_shapes(subject)
    )


@cache
def _subjects() -> dict[str, list[Operation]]:
    return operations(document())


@cache
def _shapes(subject: str) -> list[ToldShape]:
    return shapes(document(), subject)


@cache
def document() -> dict[str, Any]:
    """All resources with their shapes, refusals and scopes."""
    scopes = "\n".join(f"- `{name}`: {words}" for name, words in SCOPES.items())
    schemes: Any = {
        TOKEN: {"type": "http", "scheme": "bearer", "description": f"A token of the hub. Scopes:\n\n{scopes}"}
    }
    writer = OpenAPI(
        __name__,
        info=Info(title="Partner Training Hub", version=__version__, description=ABOUT),
        security_schemes=schemes,
        validation_error_status=400,
        validation_error_model=Problem,
        doc_ui=False,
    )
    writer.register_api(blueprint)
    told: dict[str, Any] = writer.api_doc
    for path in told["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                _let_be_given(parameter["schema"])
    assert all(address.startswith(PREFIX) for address in told["paths"])  # noqa: S101  (ours alone)
    return told


def _let_be_given(schema: dict[str, Any]) -> None:
    """A parameter that may be left out is not null when it is given, as shapes in Python have it."""
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if kinds:
        schema.update(kinds[0])
    if schema.get("default", 0) is None:
        del schema["default"]
