"""What happens to people: they stay, move up, move on, leave, come back, do two jobs at once, or start next month."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from hub.testing.network.decks import Deck
from hub.testing.network.positions import POSITION, Position
from hub.testing.network.sites import Site

NEW = 90  # days in which somebody is a new hire
_STEP_AGAIN = 0.75
_MOVES = 0.4
_SHORTEST = 60
_NEIGHBORS = 4


class Stint(NamedTuple):
    """An appointment: a position at a site for some brands, from day to day; no end means it goes on."""

    site: Site
    position: Position
    start: int
    end: int | None
    brands: str


class Careers:
    """Invents the appointments of one person after the other.

    ``today`` is a day number, ``horizon`` the day before which appointments ended that nobody remembers. The methods
    that invent a career take the sites of the person's employer, the number of the home site and the position there.
    """

    def __init__(
        self, random: Random, today: int, horizon: int, hosts: Sequence[Site], offices: Sequence[Site]
    ) -> None:
        """``hosts``: partners' sites that take in people of the manufacturer; ``offices``: where it does the same."""
        self._random = random
        self._today = today
        self._horizon = horizon
        self._hosts = hosts
        self._offices = offices
        common = [
            (self.settled, 60),
            (self.newcomer, 7),
            (self.leaver, 9),
            (self.leaving, 2),
            (self.returner, 3),
            (self.future_starter, 2),
        ]
        self._partner_careers = Deck(
            random, [*common, (self.two_jobs, 12), (self.three_jobs, 3), (self.lent, 2)]
        )
        self._office_careers = Deck(random, [*common, (self.two_jobs, 5), (self.seconded, 10)])

    def invent(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Any career; at a closed site, one that ends there. Who leads an open site does so today."""
        if sites[at].closed is not None:
            return self.closed_out(sites, at, position)
        if position.leads:
            return self.settled(sites, at, position)
        deck = self._office_careers if sites[at].internal else self._partner_careers
        return deck.deal()(sites, at, position)

    def settled(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody who has been there for a while, perhaps after other positions there or nearby."""
        site = sites[at]
        start = max(site.opened, self._today - NEW - 1 - int(2500 * self._random.random() ** 1.5))
        return [*self._earlier(sites, at, position, start), self.stint(site, position, start, None)]

    def newcomer(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody hired in the last 90 days."""
        start = max(sites[at].opened, self._today - int(self._random.random() * NEW))
        return [self.stint(sites[at], position, start, None)]

    def future_starter(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody whose first day is still to come."""
        return [self.stint(sites[at], position, self._today + self._random.randint(1, 60), None)]

    def leaver(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody who has left within the last two years."""
        end = max(sites[at].opened + _SHORTEST, self._today - self._random.randint(1, 700))
        return self._until(sites, at, position, end)

    def leaving(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody who has given notice: the last day is known and still to come."""
        return self._until(sites, at, position, self._today + self._random.randint(1, NEW))

    def returner(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody who left and was hired again at the same place; settled where the place is too young for that."""
        site = sites[at]
        back = self._today - self._random.randint(1, 600)
        left = back - self._random.randint(40, 400)
        if left - _SHORTEST < site.opened:
            return self.settled(sites, at, position)
        return [*self._until(sites, at, position, left), self.stint(site, position, back, None)]

    def two_jobs(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody with another position, for other brands, at another location of the same employer."""
        return self._with_more_jobs(sites, at, position, 1)

    def three_jobs(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody with positions at three locations."""
        return self._with_more_jobs(sites, at, position, 2)

    def lent(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """A partner's person who also trains others at the manufacturer: external and internal."""
        office = self._offices[int(self._random.random() * len(self._offices))]
        return [*self.settled(sites, at, position), self._side_job(office, POSITION["product-trainer"])]

    def seconded(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """The manufacturer's person who also works at a partner's: internal and external."""
        host = self._hosts[int(self._random.random() * len(self._hosts))]
        common = host.commons[int(self._random.random() * len(host.commons))]
        return [*self.settled(sites, at, position), self._side_job(host, common)]

    def closed_out(self, sites: Sequence[Site], at: int, position: Position) -> list[Stint]:
        """Somebody of a closed site: gone before, gone with it, or at a neighboring site since."""
        site = sites[at]
        if site.closed is None:
            return self.settled(sites, at, position)
        luck = self._random.random()
        end = site.closed if luck < 0.8 else site.closed - self._random.randint(1, 300)
        stints = self._until(sites, at, position, end)
        place = self._neighbor(sites, at)
        if luck < 0.4 and place and place.opened <= end and position.activity in place.choices:
            stints.append(self.stint(place, position, end, None))
        return stints

    def stint(self, site: Site, position: Position, start: int, end: int | None) -> Stint:
        """An appointment for brands that are there in that time."""
        return Stint(site, position, start, end, site.brands(self._random, position, start, end))

    def _until(self, sites: Sequence[Site], at: int, position: Position, end: int) -> list[Stint]:
        start = max(sites[at].opened, end - self._random.randint(2 * _SHORTEST, 1500))
        return [*self._earlier(sites, at, position, start), self.stint(sites[at], position, start, end)]

    def _earlier(self, sites: Sequence[Site], at: int, position: Position, end: int) -> list[Stint]:
        """What came before a stint at the home site that started on the day ``end``."""
        random, site, stints = self._random, sites[at], []
        while end > self._horizon and random.random() < _STEP_AGAIN:
            start = max(site.opened, end - 150 - int(random.random() * 1000))
            if end - start < _SHORTEST:
                break
            position = POSITION[position.junior] if position.junior else position
            place = (self._neighbor(sites, at) if random.random() < _MOVES else None) or site
            if place.opened > start or position.activity not in place.choices:
                place = site
            stints.append(self.stint(place, position, start, end))
            end = start
        return stints[::-1]

    def _with_more_jobs(self, sites: Sequence[Site], at: int, position: Position, more: int) -> list[Stint]:
        stints = self.settled(sites, at, position)
        for _ in range(more):
            place = self._neighbor(sites, at)
            if place and all(place is not stint.site for stint in stints if stint.end is None):
                stints.append(self._another_job(place, stints))
        return stints

    def _another_job(self, place: Site, stints: Sequence[Stint]) -> Stint:
        """A job at the place that differs from the others in position and brands, if the place has such a one."""
        held = {stint.position for stint in stints}
        known = {stint.brands for stint in stints}
        position, job = place.commons[0], None
        for _ in range(6):
            position = place.commons[int(self._random.random() * len(place.commons))]
            if position not in held:
                job = self._side_job(place, position)
                if job.brands not in known:
                    return job
        return job or self._side_job(place, position)

    def _side_job(self, site: Site, position: Position) -> Stint:
        start = max(site.opened, self._today - 1 - int(1500 * self._random.random()))
        return self.stint(site, position, start, None)

    def _neighbor(self, sites: Sequence[Site], at: int) -> Site | None:
        """Another site of the employer, near in its list, that is open."""
        others = len(sites) - 1
        if not others:
            return None
        site = sites[(at + 1 + int(self._random.random() * min(_NEIGHBORS, others))) % len(sites)]
        return site if site.closed is None else None
