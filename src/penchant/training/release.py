"""A release is made: fitted models, the item space they speak, and the evidence they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from penchant.dataset import Dataset
from penchant.evaluation import Outcomes, Report
from penchant.models import Blend
from penchant.pack import BLEND, HEAD, OBJECTIVES, REFERENCE, STATISTICS, Pack
from penchant.storage import ITEM_SPACE, Manifest, Part, Releases, pack_text
from penchant.training.fit import FittedModels
from penchant.training.heads import LearnedHeads
from penchant.training.reference import Reference


@dataclass(frozen=True)
class Counted:
    """How far statistics go.

    Attributes:
        seq: Last sequence number of the log in them; None when nobody knows.
        slates: Moment before which slates are in them, milliseconds; None when nobody knows.
    """

    seq: int | None = None
    slates: int | None = None


def publish(
    releases: Releases,
    data: Dataset,
    pack: Pack,
    fitted: FittedModels,
    report: Report | None,
    not_judged: str | None = None,
    *,
    now: float,
    config: str,
    version: str,
    keep: int,
    catalog: int | None = None,
    learned: LearnedHeads | None = None,
    counted: Counted | None = None,
    reference: Reference | None = None,
) -> Manifest:
    """Write a release of one domain and let it serve.

    Args:
        releases: Where releases lie.
        data: What the models were fitted on; its items are the release's item space.
        pack: The domain's pack.
        fitted: The models.
        report: Their evaluation, whose `placements` say what the source `blend` is in each; None when none was made.
        not_judged: Why there is none.
        now: Unix seconds.
        config: Digest of the configuration.
        version: penchant's version.
        keep: Releases that stay on disk.
        catalog: Version of the catalog that `data` was read from, or of one before it: what changed since then, the
            models are told when they serve. None when nobody knows; then only new items are told.
        learned: Heads, and statistics of items.
        counted: How far those statistics go; None when nobody knows.
        reference: How the time before the training looked; None when nobody knows.
    """
    fitted_at = {} if catalog is None else {"catalog": catalog}
    parts = {ITEM_SPACE: Part("items", pack_text(data.items.ids), fitted_at)}
    for name, model in fitted.models.items():
        state = model.state()
        parts[name] = Part(pack.models[name].kind, state.arrays, state.settings)
    blends = _blends(report, fitted)
    if blends:
        parts[BLEND] = Part(BLEND, {}, {"placements": msgspec.to_builtins(blends)})
    if learned is not None:
        parts |= _outcomes(learned, counted or Counted())
    if reference is not None:
        parts[REFERENCE] = Part(REFERENCE, reference.arrays(), reference.settings())
    evidence: dict[str, Any] = {
        "data": {"people": len(data.people), "items": len(data.items), "interactions": len(data.interactions)},
        "fit_s": {name: round(seconds, 3) for name, seconds in fitted.seconds.items()},
        "failed": dict(fitted.failed),
        "not_served": [name for name in pack.models if name not in {*fitted.models, *fitted.failed}],
        "not_judged": not_judged,
        "evaluation": msgspec.to_builtins(report) if report is not None else None,
        **_told(None if learned is None else learned.outcomes),
    }
    return releases.publish(
        data.domain, pack.name, parts, now=now, config=config, version=version, evidence=evidence, keep=keep
    )


def _outcomes(learned: LearnedHeads, counted: Counted) -> dict[str, Part]:
    """Heads, statistics of items, and what objectives need to serve."""
    parts: dict[str, Part] = {}
    for name, head in learned.heads.items():
        state = head.state()
        # How its labels were made, for whoever judges it later.
        ranks = {"ranks": learned.ranks[name].settings()} if name in learned.ranks else {}
        parts[HEAD + name] = Part("head", state.arrays, {**state.settings, **ranks})
    slates = counted.slates if learned.counts_slates else None
    parts[STATISTICS] = Part(
        STATISTICS, learned.statistics.arrays(), {"seq": counted.seq, "slates": slates, "until": counted.slates}
    )
    settings = {
        "floors": dict(learned.floors),
        "placements": list(learned.placements),
        "chains": list(learned.chains),
    }
    parts[OBJECTIVES] = Part(OBJECTIVES, {}, settings)
    return parts


def _told(outcomes: Outcomes | None) -> dict[str, Any]:
    """Evidence of heads and objectives."""
    if outcomes is None:
        return {"heads": None, "objectives": None}
    plain: dict[str, Any] = msgspec.to_builtins(outcomes)
    objectives = plain.pop("objectives")
    return {"heads": plain, "objectives": objectives}


def _blends(report: Report | None, fitted: FittedModels) -> dict[str, Blend]:
    """What was learned for each placement, without models that could not be fitted; weights sum to 1."""
    blends: dict[str, Blend] = {}
    for placement, choice in (report.placements if report is not None else {}).items():
        shares = [share for share in (choice.blend.shares if choice.blend else ()) if share.model in fitted.models]
        total = sum(share.weight for share in shares)
        if choice.blend is not None and shares:
            whole = tuple(msgspec.structs.replace(share, weight=round(share.weight / total, 4)) for share in shares)
            blends[placement] = msgspec.structs.replace(choice.blend, shares=whole)
    return blends
