"""The setup link's steps beside the sign-in itself: domains with their proof, who is told, and the list of people."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.registration import setup_steps
from hub.sso.cookies import read_cookie
from hub.sso.onboarding import steps
from hub.sso.onboarding.checklist import read_checklist
from hub.sso.onboarding.provisioning import make_scim_token, read_requests, stop_provisioning
from hub.sso.scim.names import PATH
from hub.sso.words import explain
from hub.web.admin.form import Filled, read_form, refused
from hub.web.domain_words import PROBLEMS
from hub.web.language import _
from hub.web.setup.steps import COOKIE, back, blueprint

LABELS = {"domain": "Domain", "email": "E-mail address"}


@blueprint.get("/<code>/domains")
def domains(code: str) -> str:
    """The domains with their records, and the form for one more."""
    return _page("setup_domains.html", code)


@blueprint.post("/<code>/domains")
def add_domain(code: str) -> flask.typing.ResponseReturnValue:
    """Add one. Form: ``domain``."""
    filled = read_form(["domain"])
    try:
        steps.add_domain(current_hub(), code, read_cookie(COOKIE), filled.values["domain"])
    except HubError as error:
        return _page(
            "setup_domains.html", code, refused(filled, error, {"too_many_domains": "domain"}, {})
        ), 400
    return _to_domains(code)


@blueprint.post("/<code>/domains/check")
def check_domain(code: str) -> flask.typing.ResponseReturnValue:
    """Look its record up now. Form: ``domain``."""
    domain = flask.request.form.get("domain", "")
    answer = steps.check_domain(current_hub(), code, read_cookie(COOKIE), domain)
    if answer.problem:
        return _page("setup_domains.html", code, looked_up={domain: answer})
    flask.flash(
        _("%(domain)s is proved. People with an address there are sent to your sign-in.", domain=domain)
    )
    return _to_domains(code)


@blueprint.post("/<code>/domains/drop")
def drop_domain(code: str) -> Response:
    """Take one away. Form: ``domain``."""
    steps.drop_domain(current_hub(), code, read_cookie(COOKIE), flask.request.form.get("domain", ""))
    flask.flash("Taken away.")
    return _to_domains(code)


@blueprint.get("/<code>/contacts")
def contacts(code: str) -> str:
    """Who is told before something expires."""
    return _page("setup_contacts.html", code)


@blueprint.post("/<code>/contacts")
def add_contact(code: str) -> flask.typing.ResponseReturnValue:
    """Add an address. Form: ``email``."""
    filled = read_form(["email"])
    try:
        steps.tell(current_hub(), code, read_cookie(COOKIE), filled.values["email"])
    except HubError as error:
        return _page(
            "setup_contacts.html", code, refused(filled, error, {"too_many_contacts": "email"}, {})
        ), 400
    return flask.redirect(flask.url_for("setup.contacts", code=code), 303)


@blueprint.post("/<code>/contacts/drop")
def drop_contact(code: str) -> Response:
    """Take an address away. Form: ``email``."""
    steps.tell_no_more(current_hub(), code, read_cookie(COOKIE), flask.request.form.get("email", ""))
    return flask.redirect(flask.url_for("setup.contacts", code=code), 303)


@blueprint.get("/<code>/provisioning")
def provisioning(code: str) -> str:
    """The steps for the list of people, and the button that makes a token."""
    return _page("setup_provisioning.html", code)


@blueprint.post("/<code>/provisioning")
def make_token(code: str) -> Response:
    """Make a token and show it, this once."""
    token = make_scim_token(current_hub(), code, read_cookie(COOKIE))
    response = flask.make_response(_page("setup_provisioning.html", code, token=token))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/<code>/provisioning/stop")
def end_provisioning(code: str) -> Response:
    """Let the token end."""
    stop_provisioning(current_hub(), code, read_cookie(COOKIE))
    flask.flash("The token has ended. People who came with it stay as they are.")
    return back(code)


def _page(template: str, code: str, filled: Filled | None = None, **values: object) -> str:
    hub = current_hub()
    link = setup_steps.claim(hub, code, read_cookie(COOKIE))
    with hub.reading() as uow:
        checklist = read_checklist(uow, link)
        requests = read_requests(uow, link)
    return flask.render_template(
        template,
        code=code,
        link=link,
        checklist=checklist,
        filled=filled or Filled(),
        labels=LABELS,
        problems=PROBLEMS,
        requests=requests,
        explain=explain,
        scim_address=hub.settings.url(PATH),
        **values,
    )


def _to_domains(code: str) -> Response:
    return flask.redirect(flask.url_for("setup.domains", code=code), 303)
