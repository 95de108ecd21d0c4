"""Slates: what is asked for, what is expected of what is shown, and what is clicked."""

from __future__ import annotations

import numpy as np

from penchant.simulation.choice import Index
from penchant.simulation.loop import Asks, Policy
from penchant.simulation.luck import uniform
from penchant.simulation.market.site import Pages, Site, Visits, tell_views

SIZE = 10
"""Places of a slate."""

_CLICK = {"home": 420, "also-like": 421}


def ask(site: Site, policy: Policy, visits: Visits, placement: str, seed: Index, before: Pages) -> Pages:
    """Ask for slates, book what is expected of them, and see what is clicked.

    Args:
        site: The market's parts.
        policy: Answers.
        visits: Who asks.
        placement: `home` or `also-like`.
        seed: Item whose page each is on; -1 for none.
        before: Pages opened before on the same visits: to open them once more brings nothing.

    Returns:
        The pages that were opened.
    """
    if not len(visits):
        return Pages.none()
    person = visits.person
    answers = policy.answer(Asks(placement, person.astype(np.int32), visits.time, seed.astype(np.int32), SIZE))
    items = answers.items.astype(np.int64)
    code, rows = np.maximum(items, 0), np.arange(len(person))[:, None]
    # What stands on a slate twice counts once.
    twice = ((items[:, :, None] == items[:, None, :]) & np.tri(items.shape[1], k=-1, dtype=np.bool_)).any(axis=2)
    shown = (items >= 0) & ~twice
    page = placement != "home"
    wants = site.goods.kind[seed] if page else visits.wants
    chances = site.truths.of(person[:, None], code, wants[:, None], site.shelf.paid, page)
    there, known = site.shelf.available()[code], np.zeros((len(person), len(site.goods)), np.bool_)
    known[before.row, before.item] = True
    buy = np.where(there & ~known[rows, code], chances.buy, 0.0)
    click = shown * site.truths.examined(items.shape[1]) * chances.click

    everyone, all_ = np.broadcast_to(person[:, None], items.shape), np.ones(items.shape, np.bool_)
    site.ledger.add("shown", everyone, shown)
    site.ledger.add("out_of_stock_shown", everyone, shown & ~there)
    site.ledger.add("clicks", everyone, click)
    site.ledger.book(everyone, site.truths.worth(code, click * buy, chances.back, site.shelf.paid), all_)

    row, place = np.nonzero(uniform(site.seed, _CLICK[placement], site.day, person[:, None], code) < click)
    opened = code[row, place]
    time = visits.time[row] + 12.0 + 4.0 * place
    pages = Pages(row, opened, time, buy[row, place], chances.back[row, place], np.ones(len(row), np.bool_))
    site.ledger.add("clicks_realised", person[row], np.ones(len(row)))
    slate = np.asarray(answers.slates, object)[row] if answers.slates else ""
    site.journal.add(
        "Recommendation Clicked",
        person[row],
        time,
        opened,
        slate=slate,
        position=place + 1,
        session=visits.number[row],
    )
    tell_views(site, visits, pages, slate=slate, position=place + 1)
    return pages
