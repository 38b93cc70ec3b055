"""Errors in the form that the sender asks for: JSON, plain text or HTML (xAPI 1.0.3 Communication 3.2)."""

import json
from collections.abc import Sequence

import flask
from markupsafe import Markup

from hub.errors import Problem

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"


def answer_error(
    status: int, code: str, message: str, help: str = "", problems: Sequence[Problem] = ()
) -> flask.Response:
    """Code, message, help, and every problem with its place; JSON unless the ``Accept`` header prefers another form."""
    form = flask.request.accept_mimetypes.best_match((JSON, TEXT, HTML), default=JSON)
    if form == JSON:
        told = [{"place": problem.place, "message": problem.message} for problem in problems]
        body = json.dumps({"code": code, "message": message, "help": help, "problems": told})
    elif form == TEXT:
        lines = [f"{message} ({code})", *(f"- {problem}" for problem in problems), help]
        body = "\n".join(line for line in lines if line) + "\n"
    else:
        items = Markup("").join(Markup("<li>{}</li>").format(str(problem)) for problem in problems)
        body = Markup(
            "<!doctype html><html lang=en><title>{}</title><h1>{}</h1><ul>{}</ul><p>{}</p></html>"
        ).format(code, message, items, help)
    answer = flask.Response(body, status, mimetype=form)
    answer.headers["Vary"] = "Accept"
    return answer
