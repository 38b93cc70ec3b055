"""Signing in by SAML (Web Browser SSO, SAML Profiles 2.0, section 4.1): a redirect away, a form post back, and the hub's own page."""

from contextlib import suppress
from dataclasses import dataclass

from hub.errors import HubError
from hub.exchange import Exchange
from hub.runtime import Hub
from hub.sso.arrive import Assertion, SignedIn, refuse_disabled
from hub.sso.finish import finish_in, finished, is_for_operators, joined_acr, wanted_acr
from hub.sso.flows import Flow, Purpose, begin_flow, take_flow
from hub.sso.refusals import Attempt, audited_refusal, bad_callback, not_verified
from hub.sso.replays import is_first_use
from hub.sso.return_to import HOME, local_path
from hub.sso.saml.answers import (
    Answer,
    Asked,
    find_request,
    keep_answer,
    request_id_of,
    take_answer,
)
from hub.sso.saml.consume import decode_form, to_assertion, try_answer, verify_answer
from hub.sso.saml.metadata_cache import current_metadata
from hub.sso.saml.providers import SamlProvider, look_up_provider, read_saml_provider
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.requests import authn_request
from hub.sso.saml.sp_keys import signing_key
from hub.sso.tokens import new_token
from hub.sso.trials import Recorder, keep_trial, try_arrival
from hub.store import UnitOfWork

TOKEN_LENGTH = len(new_token())


@dataclass(frozen=True)
class Waiting:
    """A verified answer that waits for its browser: ``code`` stands in the address, ``held`` in a cookie where no flow binds it."""

    code: str
    held: str

    @property
    def whole(self) -> str:
        """What the answer is kept under."""
        return f"{self.code}.{self.held}"


def begin_sign_in(
    hub: Hub,
    slug: str,
    browser: str,
    return_to: str,
    login_hint: str = "",
    purpose: Purpose = "sign_in",
    person_id: str | None = None,
    acr: str = "",
) -> str:
    """The provider's address to send the browser to, with an AuthnRequest in it.

    The arguments are those of every way to sign in; SAML has no place for ``login_hint``. Raises Missing, NotAllowed
    or OutsideFailed, each with its audit row.
    """
    with audited_refusal(hub) as attempt:
        provider = look_up_provider(hub, slug, attempt)
        if purpose != "try":
            refuse_disabled(provider.connection)
        metadata = current_metadata(hub, provider)
        key = signing_key(hub) if provider.signs_requests else None
        with hub.at_once() as uow:
            flow = begin_flow(
                uow,
                hub.sealer,
                provider.connection.id,
                browser,
                return_to,
                purpose,
                person_id,
                has_verifier=False,
            )
        steps_up = purpose == "step_up" and is_for_operators(return_to)
        request = authn_request(
            id=request_id_of(flow.nonce),
            issuer=hub.settings.url(provider.paths.metadata),
            destination=metadata.sso_url,
            acs_url=hub.settings.url(provider.paths.acs),
            now=hub.clock.now(),
            name_id_format=provider.choices.name_id_format,
            acr=joined_acr(acr, wanted_acr(hub.settings, purpose, return_to, provider.choices.required_acr)),
            again=purpose in {"again", "link"}
            or (purpose == "step_up" and not (steps_up and hub.settings.admin_minutes == 0)),
        )
        return redirect_address(metadata.sso_url, "SAMLRequest", request, flow.state, key)


def receive_answer(hub: Hub, slug: str, posted: str, relay_state: str) -> Waiting:
    """Verify a posted Response and keep what it proves for the browser's next request.

    Raises BadInput, NotAllowed or Missing, each with its audit row, and then nothing is kept.
    """
    with audited_refusal(hub) as attempt:
        with hub.glance() as uow:
            provider = read_saml_provider(uow, slug)
            attempt.connection = provider.connection
            asked = _asked(uow, relay_state)
        raw = decode_form(posted)
        if asked and asked.connection_id != provider.connection.id:
            raise bad_callback("state_of_another_connection")
        waiting = Waiting(new_token(), "" if asked else new_token())
        if asked and asked.purpose == "try":
            text = raw.decode("utf-8", "replace")
            answer = Answer(connection_id=provider.connection.id, state=relay_state, raw=text)
            with hub.unit_of_work() as uow:
                keep_answer(uow, waiting.whole, answer)
            return waiting
        refuse_disabled(provider.connection)
        return_to = HOME if asked else _landing(hub, provider, relay_state)
        asserted = verify_answer(hub, provider, raw, asked.request_id if asked else None)
        began = (asked.purpose, asked.return_to) if asked else ("sign_in", return_to)
        assertion = to_assertion(hub, provider, asserted, *began)
        answer = Answer(
            connection_id=provider.connection.id,
            state=relay_state if asked else "",
            return_to=return_to,
            proved=assertion.proved,
            claims={name: tuple(values) for name, values in assertion.claims.items()},
        )
        with hub.unit_of_work() as uow:
            if not is_first_use(uow, provider.connection.id, asserted.id, asserted.use_until):
                raise not_verified("replayed")
            keep_answer(uow, waiting.whole, answer)
        return waiting


def finish_sign_in(
    hub: Hub, slug: str, browser: str, code: str, held: str, old_session: str = "", device: str = ""
) -> SignedIn:
    """Let in the browser whose answer waits under this code.

    ``browser`` is the token of its flow cookie: an answer to a request belongs to the browser that began it; ``held`` is the
    second half of the code for answers that nobody asked for. Raises as ``receive_answer``, and what ``arrive`` raises.
    """
    with audited_refusal(hub) as attempt:
        taken: tuple[Answer, Flow] | None = None
        try:
            # One unit for all of it: every unit that writes costs its share of a disk.
            with hub.unit_of_work() as uow:
                taken = answer, flow = _take(hub, uow, slug, browser, code, held)
                token = "" if flow.purpose == "try" else _finish(uow, taken, attempt, old_session, device)
        except HubError:
            look_up_provider(hub, slug, attempt)
            if taken:  # what was refused is used up all the same
                with suppress(HubError), hub.unit_of_work() as uow:
                    _take(hub, uow, slug, browser, code, held)
            raise
        if flow.purpose == "try":
            return _finish_trial(hub, look_up_provider(hub, slug, attempt), answer, flow, browser)
        return finished(flow, token)


def _take(hub: Hub, uow: UnitOfWork, slug: str, browser: str, code: str, held: str) -> tuple[Answer, Flow]:
    """The answer and its flow: both go, or where it is refused none, for what another browser began stays with that one."""
    answer = take_answer(uow, slug, Waiting(code, "").whole)
    if answer is None and held:
        answer = take_answer(uow, slug, Waiting(code, held).whole)
    if answer is None:
        raise bad_callback("unknown_code")
    if not answer.state:
        return answer, Flow(answer.connection_id, "", "", "", answer.return_to)
    flow = take_flow(uow, hub.sealer, answer.state, browser)
    if flow is None:
        raise bad_callback("unknown_state")
    return answer, flow


def _finish(
    uow: UnitOfWork, taken: tuple[Answer, Flow], attempt: Attempt, old_session: str, device: str
) -> str:
    answer, flow = taken
    if answer.proved is None:
        raise bad_callback("unknown_code")
    return finish_in(uow, flow, Assertion(answer.proved, answer.claims), attempt, old_session, device)


def _finish_trial(hub: Hub, provider: SamlProvider, answer: Answer, flow: Flow, browser: str) -> SignedIn:
    """Keep what came back for the browser that tried; nobody is signed in by it, and nothing else is written."""
    recorder = Recorder()
    try:
        raw, request_id = answer.raw.encode(), request_id_of(flow.nonce)
        assertion = try_answer(hub, provider, raw, request_id, recorder)
        try_arrival(hub, assertion, recorder)
    except HubError:
        pass  # the recorder has it, with what to change
    with hub.unit_of_work() as uow:
        keep_trial(uow, provider.connection.id, browser, Exchange(recorder.steps))
    return SignedIn("", flow.return_to)


def _landing(hub: Hub, provider: SamlProvider, relay_state: str) -> str:
    """Where somebody comes to whom the hub did not send: only where that is switched on, and only to a page of the hub."""
    is_page = relay_state.startswith(("/", f"{hub.settings.public_url}/"))
    if len(relay_state) == TOKEN_LENGTH and not is_page:
        raise bad_callback("unknown_state")
    if not provider.choices.idp_initiated:
        raise not_verified("idp_initiated_off")
    path = relay_state.removeprefix(hub.settings.public_url) or HOME
    if path != local_path(path):
        raise bad_callback("unknown_state")
    return path


def _asked(uow: UnitOfWork, relay_state: str) -> Asked | None:
    """The request that this RelayState belongs to, if it is one of the hub's."""
    return find_request(uow, relay_state) if len(relay_state) == TOKEN_LENGTH else None
