"""Every reason code has words: those of the contract, and those that the code of this room raises."""

import ast
from pathlib import Path

import pytest

import hub.lti
from hub.lti.registration.explain import EXPLANATIONS, explain, last_refusals
from tests.lti.registration.desk import Desk

ROWS = {
    "T1 T2": "unknown_issuer unknown_client client_needed",
    "T3 T4": "bad_target no_login_hint no_target_link_uri repeated_parameter",
    "T6 T7 T8": "no_state unknown_state state_expired state_of_another_browser state_of_another_platform no_nonce wrong_nonce",
    "T9": "state_used",
    "T10 T12": "algorithm_not_allowed bad_signature key_in_header critical_header",
    "T11 T13": "missing_kid bad_kid unknown_kid jwks_unreachable",
    "T14 T15": "wrong_audience missing_azp wrong_azp wrong_issuer",
    "T16": "expired missing_exp exp_too_far missing_iat issued_in_future too_old",
    "T17": "missing_deployment deployment_pending deployment_of_another deployment_refused",
    "T18": "wrong_version wrong_message_type missing_resource_link missing_roles",
    "T20 T22": "anonymous unknown_subject",
    "T21 T23 T24": "other_target too_large malformed_token duplicate_member bad_return_url",
    "T25 T26": "platform_error storage_silent storage_wrong_answer",
    "P1 to P5": "unregistered_redirect_uri bad_scope bad_response_type bad_response_mode bad_prompt no_session"
    " unknown_login_hint hint_of_other_person hint_of_other_tool hint_expired hint_reused message_hint_mismatch",
    "P6": "assertion_signature assertion_algorithm assertion_kid assertion_aud assertion_issuer assertion_expired"
    " assertion_claim_missing assertion_lifetime assertion_replayed assertion_iat",
    "P7": "no_grant_type bad_grant_type bad_assertion_type scope_missing scope_unknown scope_not_granted",
    "P8 P9": "no_token unknown_token token_expired token_revoked insufficient_scope no_context",
    "P10 to P13": "bad_score user_not_in_context bad_timestamp media_type no_line_item bad_limit bad_page",
    "P15": "tool_disabled deployment_disabled",
    "DL": "wrong_data data_used not_operator other_session item_type type_not_accepted too_many foreign_url unsafe_url"
    " bad_line_item foreign_return_url insecure_return_url",
    "R": "refused_address other_host insecure_endpoint no_token unknown_token token_expired token_used"
    " token_of_another_draft bad_metadata bad_redirect_uri platform_taken private_key weak_key not_a_key",
    "LN8": "unknown_link link_expired link_used link_revoked link_of_another_browser link_of_another_partner",
    "BR": "no_identity launch_loop refused_404 refused_403 refused_422 a_down",
}
_RAISES = {"Refused", "ServiceFailed", "_refused", "_denied", "_unauthorized", "_bad_request"}


@pytest.mark.requirement("D13")
@pytest.mark.parametrize("codes", ROWS.values(), ids=ROWS.keys())
def test_d13_code_of_the_contract_is_explained(codes: str) -> None:
    assert set(codes.split()) <= EXPLANATIONS.keys()


@pytest.mark.requirement("D13")
def test_d13_code_that_is_raised_is_explained() -> None:
    raised = _raised_codes()
    assert len(raised) > 60  # the search finds them
    assert raised - EXPLANATIONS.keys() == set()


def test_words_say_something_and_end_with_a_full_stop() -> None:
    for code, explanation in EXPLANATIONS.items():
        for words in (explanation.words, explanation.change):
            assert 10 < len(words) < 200, code
            assert words.endswith("."), code


def test_codes_of_services_mean_what_their_status_says() -> None:
    assert explain("a_503") == EXPLANATIONS["a_down"]
    assert explain("refused_413") == EXPLANATIONS["refused_400"]
    assert explain("refused_404") == EXPLANATIONS["refused_404"]
    assert "log" in explain("never_heard_of").change


def test_last_refusals_are_those_of_one_connection(desk: Desk) -> None:
    with desk.hub.reading() as uow:
        assert last_refusals(uow, "no id") == []


def _raised_codes() -> set[str]:
    """Texts that stand first in calls which refuse, all over this room."""
    found: set[str] = set()
    for path in Path(hub.lti.__path__[0]).rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            first = call.args[0]
            if name in _RAISES and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found
