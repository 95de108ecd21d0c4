"""How large a proof is."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass

from penchant.proof.question import ACADEMY, SHOP, SITES, STREAM


@dataclass(frozen=True)
class Size:
    """How large a proof is.

    Attributes:
        people: People a world.
        served: Of them, those whom the arms serve and who are measured; the others go on meeting chance.
        chance_days: Days of the first log, in which chance picks.
        selling_days: The same where things are sold: purchases and returns need weeks to come.
        first_days: Days of the first release.
        days: Days the arms run, of sites that sell.
        lasting_days: The same of a channel or an academy: who still comes, and what was learned, shows after a month.
        train_days: Days between trainings of an arm; 0 for none.
        long_people: People of worlds in which the arms run for long.
        long_served: Of them, those whom the arms serve there: all, or what chance shows the others is learned from.
        long_days: Days they run there.
        long_train_days: Days between trainings there.
        seeds: Worlds a question.
        off_seeds: Worlds a question with its mechanism off; 0 leaves those rows out.
    """

    people: int = 6_000
    served: int = 450
    chance_days: int = 16
    selling_days: int = 40
    first_days: int = 5
    days: int = 10
    lasting_days: int = 30
    train_days: float = 0.0
    long_people: int = 500
    long_served: int = 500
    long_days: int = 60
    long_train_days: float = 20.0
    seeds: int = 5
    off_seeds: int = 3

    def lived(self, site: str, *, long: bool) -> Lived:
        """How long a site's worlds are lived through."""
        chance = self.selling_days if SHOP in SITES[site] else self.chance_days
        if long:
            return Lived(
                self.long_people, self.long_served, chance, self.first_days, self.long_days, self.long_train_days
            )
        days = self.lasting_days if site in (STREAM, ACADEMY) else self.days
        return Lived(self.people, self.served, chance, self.first_days, days, self.train_days)


@dataclass(frozen=True)
class Lived:
    """How long one world is lived through, and by how many; attributes as in `Size`."""

    people: int
    served: int
    chance_days: int
    first_days: int
    days: int
    train_days: float

    @property
    def digest(self) -> str:
        """A short name of it."""
        return hashlib.blake2b(repr(astuple(self)).encode(), digest_size=4).hexdigest()
