"""Trying an identity provider: its metadata and keys, and whether it knows the hub, as far as that shows without a person.

The rest shows in a trial sign-in, which needs somebody to sign in.
"""

from contextlib import suppress

from hub.errors import BadInput, HubError
from hub.exchange import Exchange, shown
from hub.http import OutgoingHttp
from hub.runtime import Hub
from hub.sso.oidc.keys import ALLOWED_ALGORITHMS, PublicKey
from hub.sso.oidc.metadata import WELL_KNOWN, Metadata, fetch_keys, fetch_metadata
from hub.sso.oidc.providers import read_provider, save_keys, save_metadata
from hub.sso.oidc.token_exchange import Client, exchange_code
from hub.sso.tokens import new_token
from hub.sso.trials import Recorder

DISCOVER, KEYS, CREDENTIALS = "Read the discovery document", "Fetch its keys", "Show the client credentials"


def try_provider(hub: Hub, slug: str) -> Exchange:
    """Try the provider behind a slug, outside any unit; Missing ``no_connection`` when there is none.

    What was fetched is kept, so that a provider that was mended is used at once.
    """
    with hub.reading() as uow:
        provider = read_provider(uow, slug)
    connection_id, recorder = provider.connection.id, Recorder()
    with suppress(HubError):  # the recorder has it
        metadata = _discover(hub.http, provider.issuer, connection_id, recorder)
        keys = _fetch_keys(hub.http, metadata, connection_id, recorder)
        with hub.unit_of_work() as uow:
            save_metadata(uow, connection_id, metadata)
            save_keys(uow, connection_id, keys)
        secret = hub.sealer.open(provider.client_secret)
        redirect_uri = hub.settings.url(provider.callback_path)
        _show_credentials(
            hub.http, metadata, Client(provider.client_id, secret, redirect_uri, connection_id), recorder
        )
    done = {step.title for step in recorder.steps}
    for title in (DISCOVER, KEYS, CREDENTIALS):
        if title not in done:
            recorder.skip(title, "A step before it failed.")
    return Exchange(recorder.steps)


def _discover(http: OutgoingHttp, issuer: str, connection: str, recorder: Recorder) -> Metadata:
    request = f"GET {issuer.rstrip('/')}{WELL_KNOWN}"
    with recorder.step(DISCOVER, "It is of this issuer and can be used.", request) as received:
        metadata = fetch_metadata(http, issuer, connection)
        received |= {
            "Signs with": ", ".join(metadata.id_token_signing_alg_values_supported or ("RS256",)),
            "Client authentication": "in the form" if metadata.wants_secret_in_form else "as Basic header",
            "Signs people out": "yes" if metadata.end_session_endpoint else "not offered",
            "Userinfo": metadata.userinfo_endpoint or "not offered",
        }
    return metadata


def _fetch_keys(
    http: OutgoingHttp, metadata: Metadata, connection: str, recorder: Recorder
) -> tuple[PublicKey, ...]:
    with recorder.step(KEYS, "There are keys the hub can use.", f"GET {metadata.jwks_uri}") as received:
        keys = fetch_keys(http, metadata.jwks_uri, connection)
        received["Keys"] = ", ".join(shown(key.kid or "without kid") for key in keys)
        received["Accepted algorithms"] = ", ".join(sorted(ALLOWED_ALGORITHMS))
    return keys


def _show_credentials(http: OutgoingHttp, metadata: Metadata, client: Client, recorder: Recorder) -> None:
    """Ask for tokens with a code that cannot be right: whoever refuses the code has accepted the client (RFC 6749, section 5.2)."""
    unclear = ""
    try:
        exchange_code(http, metadata, client, new_token(), new_token())
    except BadInput:
        failure: HubError | None = None
    except HubError as error:
        failure = error
        if error.code == "status":
            unclear = f"{error.message} This does not tell whether it knows the hub; a trial sign-in does."
    else:
        unclear = "The provider answered a wrong code with tokens, which it must not."
    if unclear:
        recorder.skip(CREDENTIALS, unclear)
        return
    done = "The provider accepts the hub's client id and secret."
    with recorder.step(CREDENTIALS, done, f"POST {metadata.token_endpoint}") as received:
        received["client_id"] = client.client_id
        if failure is not None:
            raise failure
