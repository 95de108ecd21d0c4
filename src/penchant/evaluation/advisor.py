"""How to choose, as rules over figures: one function a piece of advice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from penchant.clock import DAY, iso
from penchant.config.settings import Evaluation
from penchant.dataset import Dataset
from penchant.errors import NotFound
from penchant.evaluation.advice import SEVERITIES, TOPICS, Advice, Case, Severity
from penchant.evaluation.figures import filled
from penchant.evaluation.glossary import number
from penchant.evaluation.ordering import LEAST
from penchant.evaluation.report import Report
from penchant.evaluation.support import unsupported
from penchant.events import Role
from penchant.models import Recipe
from penchant.pack import Aim, Pack

Rule = Callable[[Case], Iterable[Advice]]

MOSTLY = 0.5
"""A field that fewer of the items have is mostly empty."""

FEW_GOALS = 1_000
"""Below this many goals differences between models drown in chance."""

FEW_AGAIN = 0.2
"""Below this share of people with two goals or more, lists can hardly be personal."""

OFTEN = 0.15
"""From this share of goals on, repeats are part of the domain."""

OLD_DAYS = 2.0
"""Days without an event after which the data is stale."""


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
        todo=f"Send events, or import past ones: first {_some(case.pack.roles(Role.GOAL))}.",
    )


# the goal


def objective(case: Case) -> Iterable[Advice]:
    """Which objective fits, and what to watch."""
    aim, known = case.aim, _watched(case)
    numbers = f" In the last evaluation: {known}." if known else ""
    yield Advice(
        code="objective",
        topic="goal",
        severity="fine",
        what=f'For the goal "{aim.name}" the objective is {aim.objective}; watch {_listed(aim.metrics)}.',
        why=f"{aim.about} The domain's outcome: {case.pack.goal}{numbers}",
        todo="" if known else "penchant evaluate shows these metrics beside the baselines.",
    )


def fields(case: Case) -> Iterable[Advice]:
    """Whether the catalog tells what the goal needs."""
    if not case.figures.items:
        return
    for wanted in case.aim.fields:
        share = case.filled(*wanted.fields)
        name = " or ".join(wanted.fields)
        enough = share >= MOSTLY
        yield Advice(
            code="goal-field",
            topic="goal",
            severity="fine" if enough else "must" if share == 0 else "should",
            what=f"{name}: {share:.0%} of {case.figures.items:,} items have it.",
            why=f"The goal needs it: {wanted.why}",
            todo="" if enough else f"Send {name} with the items.",
        )


def prices(case: Case) -> Iterable[Advice]:
    """Whether goals bear the money that is to be counted."""
    if not case.aim.priced or not case.figures.goals:
        return
    share = case.figures.priced
    yield Advice(
        code="goal-prices",
        topic="goal",
        severity="fine" if share >= 0.9 else "must" if share == 0 else "should",
        what=f"{share:.0%} of {case.figures.goals:,} goals bear a price.",
        why="Money can only be counted where a goal tells its price and pieces.",
        todo="" if share >= 0.9 else "Send price and quantity with each goal.",
    )


# signals


def enough_goals(case: Case) -> Iterable[Advice]:
    """Whether there are goals to learn from and to judge by."""
    found = case.figures
    per = found.goals / found.people_goal if found.people_goal else 0.0
    severity: Severity = "must" if not found.goals else "should" if found.goals < FEW_GOALS else "fine"
    yield Advice(
        code="goals",
        topic="signals",
        severity=severity,
        what=f"{found.goals:,} goals of {found.people_goal:,} people, {per:.1f} each, in {found.days:,.0f} days.",
        why=f"Models are compared by goals; below {FEW_GOALS:,} of them differences drown in chance."
        + (f" {found.reversed:,} more were taken back and count as none." if found.reversed else ""),
        todo="" if severity == "fine" else f"Collect more, or import past ones: {_some(case.pack.roles(Role.GOAL))}.",
    )


def personal(case: Case) -> Iterable[Advice]:
    """Whether people do enough for lists of their own."""
    found = case.figures
    if not found.people_goal:
        return
    share = found.two_share
    fine = share >= FEW_AGAIN
    yield Advice(
        code="people-with-two",
        topic="signals",
        severity="fine" if fine else "should",
        what=f"{share:.0%} of the people with a goal have two or more.",
        why="A list becomes personal by what its person did before. "
        + ("That is known of enough of them." if fine else "Most are seen once: what is popular and what the page is"
           " about must carry."),
        todo="" if fine else "Send a stable id for people who sign in, and link it to the anonymous one (identify).",
    )  # fmt: skip


def mixture_of_roles(case: Case) -> Iterable[Advice]:
    """What share of the events says what, and what is missing."""
    found = case.figures
    shares = ", ".join(
        f"{role.name.lower()} {count / found.events:.1%}" for role, count in found.by_role.items() if count
    )
    lacks = [role for role in case.aim.roles if not found.by_role[role] and case.pack.roles(role)]
    yield Advice(
        code="roles",
        topic="signals",
        severity="should" if lacks else "fine",
        what=f"{found.events:,} events: {shares}.",
        why=f"The goal lives of {_listed([role.name.lower() for role in case.aim.roles] or ['goal'])}"
        + (f"; of {_listed([role.name.lower() for role in lacks])} there is none." if lacks else "; all are there."),
        todo=" ".join(f"Send {_some(case.pack.roles(role))}." for role in lacks),
    )


# models


def models(case: Case) -> Iterable[Advice]:
    """Which models the data supports, and which not, with figures."""
    lacks = dict(unsupported(case.data, case.recipes))
    if case.report is not None:
        for one in (case.report, *case.report.also):
            for row in one.rows:
                if row.failed and row.name in case.recipes and "proposes for items" not in row.failed:
                    lacks.setdefault(row.name, row.failed)
    able = [name for name in case.recipes if name not in lacks]
    yield Advice(
        code="models",
        topic="models",
        severity="fine" if able else "must",
        what=f"{len(able)} of {len(case.recipes)} models have the data they need: {_listed(able)}.",
        why="Each says itself how much it needs; fewer would be noise."
        + (f" Best in the last evaluation: {case.report.winner}." if case.report and case.report.winner else ""),
        todo="" if case.report else "penchant evaluate --budget 10m finds the best of them and their settings.",
    )
    for name, reason in lacks.items():
        yield Advice(
            code="model-unsupported",
            topic="models",
            severity="may",
            what=f"{name}: {reason}.",
            why="It is left out by itself until there is enough.",
        )


def order(case: Case) -> Iterable[Advice]:
    """Whether the order in which things are done tells what comes next."""
    if not case.orderings:
        yield Advice(
            code="order",
            topic="models",
            severity="may",
            what="Whether order matters cannot be told.",
            why=f"Fewer than {5 * LEAST:,} sessions or histories have two steps or more, each at a moment of its own.",
            todo="Send events with the second they happened at, not only the day.",
        )
    for one in case.orderings:
        matters = one.gain.low > 0
        what = "in a session" if one.window == "session" else "in a person's history"
        yield Advice(
            code="order",
            topic="models",
            severity="fine",
            what=f"The order {what} {'matters' if matters else 'does not show'}.",
            why=f"Of {one.tested:,} last steps, {one.ordered:.1%} were among ten guessed from the item before by the"
            f" real order, {one.shuffled:.1%} by a shuffled one (difference {one.gain.signed}).",
            todo="Sequence models are worth their time here: next-items, slist, session-knn, sasrec."
            if matters
            else "Prefer models that read sets: item-item, factors, what people come back to.",
        )


# repeats and time


def repeats(case: Case) -> Iterable[Advice]:
    """Whether what a person had may be recommended again."""
    found = case.figures
    if not found.goals:
        return
    often, allowed = found.repeat_share >= OFTEN, case.settings.repeats == "allowed"
    wanted = "allowed" if often else "new-only"
    yield Advice(
        code="repeats",
        topic="repeats",
        severity="fine" if often == allowed else "should",
        what=f"{found.repeat_share:.0%} of the goals are on an item the person had a goal on before.",
        why=f"From {OFTEN:.0%} on, coming back is part of what people do here;"
        f" repeats are {case.settings.repeats} now.",
        todo="" if often == allowed else f'Set repeats = "{wanted}" in [domains.{case.data.domain}.evaluation].',
    )


def rhythm(case: Case) -> Iterable[Advice]:
    """After how long people come back to an item."""
    found = case.figures
    if not found.goals or found.repeat_share < OFTEN:
        return
    yield Advice(
        code="rhythm",
        topic="repeats",
        severity="may",
        what=f"People come back to an item after {_days(found.repeat_days)} (median).",
        why="What a person comes back to should be forgotten over a few such pauses, not within one.",
        todo=f"Try half_life_days near {number_of_days(3 * found.repeat_days)} in models of what people come back to.",
    )


def forget(case: Case) -> Iterable[Advice]:
    """How fast what is popular changes."""
    found = case.forgetting
    if not found:
        return
    best = max(found, key=lambda half_life: found[half_life])
    told = ", ".join(f"{_half_life(half_life)} {share:.1%}" for half_life, share in found.items())
    quick = best is not None and best <= 7 and found[best] > 1.1 * found[None]
    yield Advice(
        code="half-life",
        topic="repeats",
        severity="may",
        what=f"Popularity tells most with {'a half-life of ' if best is not None else ''}{_half_life(best)}.",
        why=f"Share of the latest goals that were among the ten most popular items, by half-life: {told}.",
        todo="What is popular changes fast: train often, and let recent popularity into the blend." if quick else "",
    )


# what to collect


def impressions(case: Case) -> Iterable[Advice]:
    """Whether it is known what was shown."""
    yield from _missing(
        case, Role.IMPRESSION, "no-impressions", "what was shown",
        "Without it nobody can tell an item that was passed over from one that was never seen, and no experiment can be"
        " read.",
    )  # fmt: skip


def negatives(case: Case) -> Iterable[Advice]:
    """Whether people can say no."""
    yield from _missing(
        case, Role.NEGATIVE, "no-negatives", "what people turned away from",
        "Without it an item that annoys looks like one that nobody met.",
    )  # fmt: skip


def interest(case: Case) -> Iterable[Advice]:
    """Whether interest below the goal is known."""
    found = case.figures.by_role
    if found[Role.STRONG] + found[Role.WEAK] or not case.pack.roles(Role.WEAK):
        return
    yield Advice(
        code="no-interest",
        topic="collect",
        severity="should",
        what="Nothing is known of what people look at before the goal.",
        why="Interest comes tens of times as often as goals; it is what new people and new items are known by first.",
        todo=f"Send {_some(case.pack.roles(Role.WEAK))}.",
    )


# what is stale


def old(case: Case) -> Iterable[Advice]:
    """When the last event came."""
    days = (case.now - case.figures.last) / DAY
    late = days > OLD_DAYS
    yield Advice(
        code="last-event",
        topic="stale",
        severity="should" if late else "fine",
        what=f"The last event is {_days(max(days, 0.0))} old ({iso(case.figures.last)[:10]}).",
        why="Lists follow what people do now; recent popularity and sessions are the first to go stale."
        if late
        else "The data is current.",
        todo="See whether the tracker still sends, or import what is missing." if late else "",
    )


def catalog(case: Case) -> Iterable[Advice]:
    """Whether catalog and events speak of the same items."""
    found = case.figures
    if not found.items:
        yield Advice(
            code="no-catalog",
            topic="stale",
            severity="must",
            what="The catalog is empty.",
            why=f"{found.items_unknown:,} items are known from events alone: nothing of stock, rights or what they are"
            " like, so hard constraints and similarity have nothing to work on.",
            todo="Send the items (penchant items, feeds or an import).",
        )
        return
    share = found.events_unknown / found.events
    if share > 0.01:
        yield Advice(
            code="unknown-items",
            topic="stale",
            severity="should" if share > 0.05 else "may",
            what=f"{share:.1%} of the events are on {found.items_unknown:,} items that the catalog does not have.",
            why="They can be learned from but not shown: nothing says what they are or whether they may be.",
            todo="Send these items too, or see whether events and catalog use the same ids.",
        )
    silent = found.items_silent / found.items
    yield Advice(
        code="silent-items",
        topic="stale",
        severity="may" if silent > 0.2 else "fine",
        what=f"{found.items_silent:,} of {found.items:,} items ({silent:.0%}) have no event.",
        why="Models of what people did cannot propose them; only what they are like can.",
        todo="Let similarity by attributes into the placements, and editors show what is new." if silent > 0.2 else "",
    )


def empty_fields(case: Case) -> Iterable[Advice]:
    """Which fields that similarity reads are mostly empty."""
    if not case.figures.items:
        return
    shares = {one.field: filled(case.data, one.field) for one in case.pack.attributes}
    poor = {field: share for field, share in shares.items() if share < MOSTLY}
    told = ", ".join(f"{field} {share:.0%}" for field, share in sorted(poor.items(), key=lambda pair: pair[1]))
    yield Advice(
        code="empty-fields",
        topic="stale",
        severity="should" if len(poor) == len(shares) else "may" if poor else "fine",
        what=f"Mostly empty: {told}." if poor else "The fields that similarity reads are filled.",
        why=f"Similarity reads {_listed(list(shares))}; items without any of them are like nothing.",
        todo="Fill them at the source, the first named first." if poor else "",
    )


RULES: Sequence[Rule] = (
    *(objective, fields, prices),
    *(enough_goals, personal, mixture_of_roles),
    *(models, order),
    *(repeats, rhythm, forget),
    *(impressions, negatives, interest),
    *(old, catalog, empty_fields),
)
"""Every rule, in the order of reading."""


def _missing(case: Case, role: Role, code: str, what: str, why: str) -> Iterable[Advice]:
    names = case.pack.roles(role)
    if names and not case.figures.by_role[role]:
        yield Advice(
            code=code,
            topic="collect",
            severity="should",
            what=f"Nothing is known of {what}.",
            why=why,
            todo=f"Send {_some(names)}.",
        )


def _watched(case: Case) -> str:
    """What the last evaluation's winner has of the metrics to watch."""
    row = case.report.row(case.report.winner) if case.report and case.report.winner else None
    if row is None:
        return ""
    told = [f"{name} {number(row.metrics[name].mean)}" for name in case.aim.metrics if name in row.metrics]
    return f"{row.name} has {_listed(told)}" if told else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def _some(names: Sequence[str]) -> str:
    """`A, B or C`, three at most."""
    few = [f'"{name}"' for name in names[:3]]
    return f"{', '.join(few[:-1])} or {few[-1]}" if len(few) > 1 else few[0]


def number_of_days(days: float) -> str:
    """Days with as many places as matter."""
    return f"{days:,.0f}" if days >= 10 else f"{days:.1f}"


def _days(days: float) -> str:
    return f"{days * 24:.0f} hours" if days < 2 else f"{number_of_days(days)} days"


def _half_life(days: float | None) -> str:
    return "no forgetting" if days is None else f"{days:g} day{'s' if days != 1 else ''}"
