"""People with their names and addresses, written together with their appointments."""

from collections.abc import Sequence
from random import Random

from hub.testing.network.careers import Stint
from hub.testing.network.days import day_text
from hub.testing.network.files import NetworkFiles, Row
from hub.testing.network.geography import Country
from hub.testing.network.names import NAMES
from hub.testing.network.partners import Partner
from hub.testing.network.sites import Site

_NAMED_AS_ELSEWHERE = 0.1
_BATCH = 5_000


class People:
    """Writes people.csv and appointments.csv, in batches; ``flush`` writes what is left. ``count`` people so far."""

    def __init__(self, files: NetworkFiles, random: Random) -> None:
        self._files = files
        self._random = random
        self._cultures = list(NAMES.values())
        self._employer: Partner | None = None
        self._addresses: dict[str, int] = {}
        self._people: list[Row] = []
        self._appointments: list[Row] = []
        self._appointment_count = 0
        self.count = 0

    def hire(self, employer: Partner, home: Site, stints: Sequence[Stint]) -> str:
        """Write a person of this employer with these appointments and return the person's id.

        ``home`` is where the person lives. The people of one employer come one after the other: then no two of them get the same e-mail address.
        """
        if employer is not self._employer:
            self._employer, self._addresses = employer, {}
        self.count += 1
        person_id = f"U{self.count:07d}"
        country = home.country
        given, family, email = self._name(employer, country)
        self._people.append((person_id, employer.partner_id, given, family, email, country.locale))
        for site, position, start, end, brands in stints:
            self._appointment_count += 1
            self._appointments.append(
                (
                    f"A{self._appointment_count:08d}",
                    person_id,
                    site.location_id,
                    position.position_id,
                    "internal" if site.internal else "external",
                    brands,
                    day_text(start),
                    day_text(end),
                )
            )
        if len(self._people) >= _BATCH:
            self.flush()
        return person_id

    def flush(self) -> None:
        """Write what has not been written yet."""
        self._files.write("people.csv", self._people)
        self._files.write("appointments.csv", self._appointments)
        self._people.clear()
        self._appointments.clear()

    def _name(self, employer: Partner, country: Country) -> tuple[str, str, str]:
        random = self._random.random
        names = NAMES[country.names]
        if random() < _NAMED_AS_ELSEWHERE:
            names = self._cultures[int(random() * len(self._cultures))]
        given = names.given[int(random() * len(names.given))]
        family = names.family[int(random() * len(names.family))]
        address = f"{given.spelled}.{family.spelled}"
        nth = self._addresses[address] = self._addresses.get(address, 0) + 1
        return given.text, family.text, f"{address}{nth if nth > 1 else ''}@{employer.domain}"
