"""Which passwords are good enough, and that saying no takes as long as saying yes. Without a database."""

from typing import Literal

import pytest
from argon2 import PasswordHasher

from hub.errors import BadInput
from hub.sso.local import passwords
from hub.sso.local.passwords import check_password, hash_password, is_outdated, is_right
from tests.sso.local.rig import kept_hash

KNOWN = ["tess@riverside.example", "Tess", "Okafor", "Riverside", "Cars"]
GOOD = [
    "purple lamp over river",
    "ünïcödë-blanke-tür",
    "correct horse 41 staple?",
    "                 x1y2z3w4",
    "tess has 9 green elephants",
    "x" * 7 + "y" * 7 + "abcdef",
    "🐘🦒🐢🦜🐬🐝🐍🐙🐳🦔🐌🦋",
]
WEAK = {
    "": "at least 12",
    "elevenchars": "at least 12",
    "x" * 199 + "yz": "at most 200",
    "aaaaaaaaaaaa": "repeats itself",
    "abababababab": "repeats itself",
    "123456789012": "follows",
    "098765432109": "follows",
    "qwertyuiopqw": "follows",
    "abcdefghijklmnop": "follows",
    "1234-5678-9012-3456": "follows",
    "passwordpassword": "guessed first",
    "Password-2026!!": "guessed first",
    "ILoveYou ILoveYou": "guessed first",
    "correct horse battery staple": "guessed first",
    "0000 partner training hub": "guessed first",
    "Tess Okafor 12": "a name",
    "tess@riverside.example": "a name",
    "Riverside-Cars-1": "a name",
}


@pytest.mark.parametrize("password", GOOD)
def test_a_long_password_needs_no_signs_and_no_digits(password: str) -> None:
    check_password(password, KNOWN)


@pytest.mark.parametrize("password", WEAK)
def test_a_weak_password_is_told_why(password: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_password(password, KNOWN)
    assert refused.value.code == "weak_password"
    assert [problem.place for problem in refused.value.problems] == ["password"]
    assert WEAK[password] in refused.value.problems[0].message


def test_the_parameters_are_those_of_the_decision() -> None:
    assert kept_hash().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not is_outdated(kept_hash())
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))


def test_only_the_password_fits_however_it_is_composed() -> None:
    kept = hash_password("café of the blue door")
    assert is_right("cafe\u0301 of the blue door", kept)
    assert not is_right("cafe of the blue door", kept)
    assert not is_right("", kept)
    assert not is_right("x" * 100_000, kept)
    assert not is_right("\ud800\0", kept)
    assert not is_right("anything", "no hash at all")


def test_wb9_no_account_takes_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            calls.append(hash)
            return super().verify(hash, password)

    calls: list[object] = []
    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=2, memory_cost=19456, parallelism=1))
    assert not is_right("wrong", kept_hash())
    assert not is_right("wrong", None)
    assert not is_right("the password of nobody", None)
    assert len(calls) == 3
    assert all(str(one).startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in calls)
