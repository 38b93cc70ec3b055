"""Which hooks ran for a page, at its foot: for operators who ask for it with ``?trace=1``, and for nobody else."""

from collections.abc import Sequence
from contextlib import ExitStack

import flask

from hub.flask_hub import current_hub
from hub.hooks import HookCall, tracing
from hub.network.people.person import read_person
from hub.sso.finish import is_strong
from hub.web.viewer import current_session


def begin_trace() -> None:
    """Record the hooks of this request if an operator asks for them; with ``before_request``,
    once the session is known, and before it is answered as somebody else's."""
    if flask.request.args.get("trace") != "1" or not _is_for_operator():
        return
    flask.g.trace_stack = ExitStack()
    flask.g.trace = flask.g.trace_stack.enter_context(tracing())


def end_trace(_: BaseException | None) -> None:
    """Record no longer; with ``teardown_request``."""
    stack = flask.g.pop("trace_stack", None)
    if stack is not None:
        stack.close()


def trace_context() -> dict[str, Sequence[HookCall] | None]:
    """``hook_calls`` for templates: the calls so far, None where nobody may see them."""
    return {"hook_calls": flask.g.get("trace")}


def _is_for_operator() -> bool:
    """Whether it is an operator's own session, as well proved as the admin pages ask; who looks at somebody's pages has it too."""
    hub, session = current_hub(), current_session()
    if session is None:
        return False
    with hub.reading() as uow:
        return read_person(uow, session.person_id).is_operator and is_strong(hub.settings, session, uow.now)
