"""Advice on a domain: what the rules of every topic say of it, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penchant.config.settings import Evaluation
from penchant.dataset import Dataset
from penchant.errors import NotFound
from penchant.evaluation.advice import SEVERITIES, TOPICS, Advice, Case
from penchant.evaluation.report import Report
from penchant.evaluation.topics import RULES
from penchant.evaluation.topics.words import some
from penchant.events import Role
from penchant.models import Recipe
from penchant.pack import Aim, Pack


def advise(
    data: Dataset,
    pack: Pack,
    recipes: Mapping[str, Recipe],
    settings: Evaluation,
    *,
    now: float,
    goal: str | None = None,
    report: Report | None = None,
    seed: int = 1,
) -> tuple[Advice, ...]:
    """Advice on a domain, by topic, the most urgent first.

    Args:
        data: What is known of it.
        pack: Its pack.
        recipes: The models it would be fitted with, by name.
        settings: How it is judged.
        now: The moment, Unix seconds.
        goal: Name of the aim that its owner has; the pack's first when None.
        report: The latest evaluation.
        seed: Seed of what is drawn.

    Raises:
        NotFound: The pack knows no such aim.
    """
    case = Case(data, pack, recipes, settings, aim_named(pack, goal), now, seed, report)
    if not len(data.interactions):
        return tuple(_nothing(case))
    topics, order = list(TOPICS), list(SEVERITIES)
    found = [advice for rule in RULES for advice in rule(case)]
    # The objective heads its topic, as the rest of it is said about that.
    return tuple(
        sorted(found, key=lambda one: (topics.index(one.topic), one.code != "objective", order.index(one.severity)))
    )


def aim_named(pack: Pack, name: str | None) -> Aim:
    """The pack's aim of this name, or its first; one made of its default objective where it has none.

    Raises:
        NotFound: The pack knows no such aim.
    """
    aims = {aim.name: aim for aim in pack.aims}
    if name is not None and name not in aims:
        raise NotFound("goal", name, aims)
    if name is not None:
        return aims[name]
    first = pack.objectives[0]
    return pack.aims[0] if pack.aims else Aim(first.name, first.about, first.name, ("ndcg@10",))


def _nothing(case: Case) -> Iterable[Advice]:
    yield Advice(
        code="no-events",
        topic="collect",
        severity="must",
        what="There are no events yet.",
        why="Without events nothing can be learned; until then the catalog itself and editors' lists answer.",
        todo=f"Send events, or import past ones: first {some(case.pack.roles(Role.GOAL))}.",
    )
