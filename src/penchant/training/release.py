"""A release is made: fitted models, the item space they speak, and the evidence they are judged by."""

from __future__ import annotations

from typing import Any

import msgspec

from penchant.dataset import Dataset
from penchant.evaluation import Report
from penchant.models import Blend
from penchant.pack import BLEND, Pack
from penchant.storage import ITEM_SPACE, Manifest, Part, Releases, pack_text
from penchant.training.fit import FittedModels


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
    """
    fitted_at = {} if catalog is None else {"catalog": catalog}
    parts = {ITEM_SPACE: Part("items", pack_text(data.items.ids), fitted_at)}
    for name, model in fitted.models.items():
        state = model.state()
        parts[name] = Part(pack.models[name].kind, state.arrays, state.settings)
    blends = _blends(report, fitted)
    if blends:
        parts[BLEND] = Part(BLEND, {}, {"placements": msgspec.to_builtins(blends)})
    evidence: dict[str, Any] = {
        "data": {"people": len(data.people), "items": len(data.items), "interactions": len(data.interactions)},
        "fit_s": {name: round(seconds, 3) for name, seconds in fitted.seconds.items()},
        "failed": dict(fitted.failed),
        "not_served": [name for name in pack.models if name not in {*fitted.models, *fitted.failed}],
        "not_judged": not_judged,
        "evaluation": msgspec.to_builtins(report) if report is not None else None,
    }
    return releases.publish(
        data.domain, pack.name, parts, now=now, config=config, version=version, evidence=evidence, keep=keep
    )


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
