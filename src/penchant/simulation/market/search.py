"""What people are after, and what they find of it by themselves."""

from __future__ import annotations

import numpy as np

from penchant.simulation.choice import Index
from penchant.simulation.luck import extreme, uniform
from penchant.simulation.market.site import Pages, Site, Visits, tell_views
from penchant.simulation.products import KINDS

FINDS = np.array([0.3, 0.7, 0.9, 0.97])
"""Chances of a visit to find at most 0, 1, 2, 3 items by itself; else 4. Assumed: 1.13 on average, so that about a
third of views come by slates that are halfway good, as of Amazon's (Sharma, Hofman and Watts 2015)."""

STAYS = 0.75
"""Chance that a want that was not met lasts until the next visit: assumed."""

_STAY, _WANT, _COUNT, _FIND = range(410, 414)


def want(site: Site, person: Index) -> Index:
    """The kind each visit is after: what the last was, or something new; often what goes with the last purchase."""
    crowd, last = site.crowd, site.crowd.last[person]
    wants = crowd.wants[person]
    fresh = (wants < 0) | (uniform(site.seed, _STAY, site.day, person) >= STAYS)
    weights = crowd.interest[person] / crowd.interest[person].max(axis=1, keepdims=True)
    along = site.goods.goes_with[np.maximum(last, 0)] * (last >= 0)[:, None]
    edges = np.cumsum(weights + 3.0 * site.mechanisms.complements * along, axis=1)
    drawn = uniform(site.seed, _WANT, site.day, person) * edges[:, -1]
    new = np.minimum((edges <= drawn[:, None]).sum(axis=1), len(KINDS) - 1)
    crowd.wants[person] = np.where(fresh, new, wants)
    return crowd.wants[person]


def search(site: Site, visits: Visits) -> Pages:
    """Pages that people find without any slate, and what is expected of them."""
    count = np.searchsorted(FINDS, uniform(site.seed, _COUNT, site.day, visits.person), side="right")
    there = site.shelf.available()
    parts = [Pages.none()]
    for kind in np.unique(visits.wants).tolist():
        who = np.flatnonzero((visits.wants == kind) & (count > 0))
        shelf = np.flatnonzero((site.goods.kind == kind) & there)
        if len(who) and len(shelf):
            parts.append(_found(site, visits, who, shelf, count[who]))
    pages = Pages.joined(parts)
    # By visit, in the order they were found.
    pages = pages.take(np.lexsort((pages.time, pages.row)))
    person = visits.person[pages.row]
    site.ledger.book(person, site.truths.worth(pages.item, pages.buy, pages.back, site.shelf.paid), pages.by_slate)
    tell_views(site, visits, pages)
    return pages


def _found(site: Site, visits: Visits, who: Index, shelf: Index, count: Index) -> Pages:
    """What is found on the shelf of one kind: the items of highest utility and luck, as many as a visit looks for."""
    person, wants = visits.person[who][:, None], visits.wants[who][:, None]
    chances = site.truths.of(person, shelf[None, :], wants, site.shelf.paid, page=False)
    keys = chances.draw + extreme(site.seed, _FIND, site.day, person, shelf[None, :])
    best = np.argsort(-keys, axis=1)[:, : len(FINDS)]
    row, place = np.nonzero(np.arange(best.shape[1]) < count[:, None])
    column = best[row, place]
    time = visits.time[who[row]] + 60.0 + 40.0 * place
    return Pages(
        who[row], shelf[column], time, chances.buy[row, column], chances.back[row, column], np.zeros(len(row), np.bool_)
    )
