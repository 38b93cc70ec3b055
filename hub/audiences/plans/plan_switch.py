"""What switching a plugin would do to people, before anybody does it."""

from hub.audiences.plans.diff import Diff, SwitchChange
from hub.audiences.plans.planning import Compare
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.partner_switches import is_switchable, read_off_times
from hub.audiences.rules.rule import Audience, read_audience, read_switched
from hub.errors import BadInput
from hub.network.views import names_of_partners
from hub.store import UnitOfWork


def switch_change(plugin: str, *, on: bool, audience: str = "", partner_id: str = "") -> Compare:
    """A plugin goes on or off for an audience or a partner. BadInput ``no_plugin`` for one that cannot be switched; Missing ``no_audience``."""

    def compare(uow: UnitOfWork) -> Diff:
        if partner_id:
            name = names_of_partners(uow, {partner_id}).get(partner_id, partner_id)
            whom = Audience(name, name, Conditions(partners=(partner_id,)))
            is_on = all(end is not None for _, end in read_off_times(uow).get(plugin, {}).get(partner_id, ()))
            change, is_known = SwitchChange(whom, plugin, on, partner_id), not is_on
        else:
            whom = read_audience(uow, audience)
            switched = [s for s in read_switched(uow) if (s.plugin, s.audience.key) == (plugin, audience)]
            is_on = any(s.during[1] is None for s in switched)
            change, is_known = SwitchChange(whom, plugin, on), not on
        if not is_known and not is_switchable(uow, plugin):  # as when it is switched
            whose = "partner" if partner_id else "audience"
            raise BadInput(
                "no_plugin", f"No plugin {plugin} that can be switched per {whose} is on in the settings."
            )
        return Diff(() if is_on == on else (change,), int(is_on == on))

    return compare
