"""When an audience becomes another one, the rules of its profile follow: they hold on what both ask together."""

from collections.abc import Sequence

from hub.audiences.plans.diff import AudienceChange, ItemChange, RuleChange
from hub.audiences.profiles.compile import compare_profile_rule, rules_of_setups
from hub.audiences.profiles.join_conditions import CannotHold
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.profiles.shapes import refuse
from hub.audiences.rules.rule import read_rules
from hub.errors import Problem
from hub.store import UnitOfWork


def follow_audiences(uow: UnitOfWork, changes: Sequence[ItemChange]) -> list[RuleChange]:
    """Changes of profiles' rules that these changes of audiences bring. BadInput ``bad_profiles`` where a rule can hold no more."""
    after = {change.key: change.after for change in changes if isinstance(change, AudienceChange)}
    setups = {key: setup for key, setup in read_setups(uow).items() if key in after} if after else {}
    if not setups:
        return []
    known = {rule.key: rule for rule in read_rules(uow)}
    try:
        wanted = dict(rules_of_setups(setups, after))
    except CannotHold as error:
        raise refuse([Problem(f"a rule of the profile {error}", f"audience {', '.join(setups)}")]) from None
    found = (compare_profile_rule(uow, known.get(key), rule) for key, rule in wanted.items())
    return [change for change in found if change is not None]
