"""Several placements in one call, as the blocks of a page: one person, one moment, and no item in two of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from penchant.catalog import parse_filter
from penchant.errors import InvalidRequest, KeyRejected, NotAllowed, NotFound
from penchant.pack import Placement
from penchant.serving.ask import Visit, Wanted
from penchant.serving.blocks import Block, Slates, SlatesRequest
from penchant.serving.boosts import boosts
from penchant.serving.explained import ExplainedSlate, explained
from penchant.serving.fields import Told
from penchant.serving.made import Made
from penchant.serving.recommender import Recommender
from penchant.serving.request import MOST_BOOSTS, RecommendationRequest
from penchant.serving.setup import DomainSetup
from penchant.slate import Slate

_OF_THE_CLIENT = (InvalidRequest, NotFound, NotAllowed, KeyRejected)
_log = logging.getLogger("penchant.serving")


@dataclass(frozen=True)
class _Asked:
    """One placement of a call, looked at as far as that needs neither the store nor the person."""

    block: Block
    request: RecommendationRequest
    setup: DomainSetup
    placement: Placement
    told: Told | None


@dataclass(frozen=True)
class _Answered:
    """What came of it: an answer, or why there is none."""

    asked: _Asked
    made: Made | Exception


def recommend_several(
    recommender: Recommender, call: SlatesRequest, *, public: bool = False, arrived: float | None = None
) -> Slates:
    """Fill several placements, one after the other.

    Whoever asks is read once for each domain. An item that one placement shows is kept from those after it. A placement
    that breaks is answered with an empty slate that says so, and the others are as they would be without it.

    Args:
        recommender: Who fills them.
        call: What is asked.
        public: It is for a browser's key.
        arrived: When it came; see `Recommender.recommend`. Every placement has that much less time.

    Raises:
        NotFound: No such placement or domain.
        InvalidRequest: Something is wrong in the call; nothing of it was answered.
        NotAllowed: A browser's key is not told one of the fields.
    """
    slates = []
    for answered in _answered(recommender, call, public=public, arrived=arrived):
        asked, made = answered.asked, answered.made
        if isinstance(made, Exception):
            slates.append(_nothing(asked, made))
            continue
        recommender.keep(made, asked.request)
        slates.append(recommender.told(made, asked.told))
    return Slates(slates=tuple(slates))


def explain_several(recommender: Recommender, call: SlatesRequest) -> tuple[ExplainedSlate, ...]:
    """Fill several placements, and say of every item how it came to its place; nothing is logged.

    Raises:
        NotFound: No such placement or domain.
        InvalidRequest: Something is wrong in the call.
    """
    slates = []
    for answered in _answered(recommender, call, public=False):
        made = answered.made
        if isinstance(made, Exception):
            raise made
        slate = recommender.told(made, answered.asked.told)
        slates.append(explained(slate, made.answer.trace, made.parts, made.answer.record, made.ask))
    return tuple(slates)


def _answered(
    recommender: Recommender, call: SlatesRequest, *, public: bool, arrived: float | None = None
) -> list[_Answered]:
    """An answer for each placement of a call.

    Raises:
        NotFound, InvalidRequest, NotAllowed: The call is wrong.
        Exception: Nothing at all could be answered.
    """
    late_s = recommender.waited(arrived)
    asked = [
        _looked_at(recommender, call, block, f"placements[{number}]", public=public)
        for number, block in enumerate(call.blocks)
    ]
    visits: dict[str, tuple[Visit, dict[int, Wanted]] | Exception] = {
        name: _visit(recommender, name, asked) for name in dict.fromkeys(one.setup.name for one in asked)
    }
    shown: dict[str, list[str]] = {name: [] for name in visits}
    found = []
    for number, one in enumerate(asked):
        visited, before = visits[one.setup.name], shown[one.setup.name]
        if isinstance(visited, Exception):
            found.append(_Answered(one, visited))
            continue
        visit, wanted = visited
        made = _fill(recommender, visit, wanted[number].hurried(late_s), before if one.block.dedupe else ())
        if one.block.dedupe and isinstance(made, Made):
            before += [item.id for item in made.slate.items]
        found.append(_Answered(one, made))
    broken = [one.made for one in found if isinstance(one.made, Exception)]
    if len(broken) == len(found):
        raise broken[0]
    return found


def _looked_at(recommender: Recommender, call: SlatesRequest, block: Block, at: str, *, public: bool) -> _Asked:
    """Find what is wrong with one placement before any is answered, and say where it stands in the call."""
    request = call.request(block)
    setup, placement = recommender.find(request)
    schema = setup.schema
    for path, filter_ in (("filter", call.filter), (f"{at}.filter", block.filter)):
        if filter_ is not None:
            parse_filter(filter_, schema, path)
    boosts(call.boost, schema)
    boosts(block.boost, schema, f"{at}.boost")
    if len(request.boost) > MOST_BOOSTS:
        raise InvalidRequest(f"{at}.boost", f"must have at most {MOST_BOOSTS} entries with those of the call")
    told = recommender.fields.read(setup.name, request.fields, public=public)
    return _Asked(block, request, setup, placement, told)


def _visit(
    recommender: Recommender, domain: str, asked: Sequence[_Asked]
) -> tuple[Visit, dict[int, Wanted]] | Exception:
    """Read the domain and the person once for all of its placements."""
    here = [(number, one) for number, one in enumerate(asked) if one.setup.name == domain]
    setup = here[0][1].setup
    # A domain that was changed while the call was looked at is for all of them as it was for the first.
    pairs = [
        (one.request, one.placement if one.setup is setup else _by(setup, one.request, one.placement))
        for _, one in here
    ]
    try:
        visit, wanted = recommender.visit(setup, pairs)
    except _OF_THE_CLIENT:
        raise
    except Exception as error:  # placements of other domains may be answered all the same
        return error
    return visit, {number: one for (number, _), one in zip(here, wanted, strict=True)}


def _by(setup: DomainSetup, request: RecommendationRequest, found: Placement) -> Placement:
    """What fills a placement by a domain of a moment ago, where it was there then."""
    return setup.assigned(request).placement if request.placement in setup.placements else found


def _fill(recommender: Recommender, visit: Visit, wanted: Wanted, before: Sequence[str]) -> Made | Exception:
    try:
        return recommender.fill(visit, replace(wanted, beside=tuple(before)) if before else wanted)
    except Exception as error:  # one broken placement must not take the page down; its answer says so
        return error


def _nothing(asked: _Asked, error: Exception) -> Slate:
    """The answer of a placement that broke: nothing was shown, so nothing is logged, and there is no slate to name."""
    _log.error("placement %s of %s broke", asked.placement.name, asked.setup.name, exc_info=error)
    return Slate(
        slate_id="",
        placement=asked.request.placement,
        domain=asked.setup.name,
        release=None,
        items=(),
        degraded=(f"failed: {getattr(error, 'public', type(error).__name__)}",),
    )
