"""A release is made: fitted models, the item space they speak, and the evidence they are judged by."""

from __future__ import annotations

from typing import Any

import msgspec

from penchant.dataset import Dataset
from penchant.evaluation import Report
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
        report: Their evaluation, or None when none was made.
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
    if report is not None and report.blend:
        weights = {name: weight for name, weight in report.blend.items() if name in fitted.models}
        parts[BLEND] = Part(BLEND, {}, {"weights": weights})
    evidence: dict[str, Any] = {
        "data": {"people": len(data.people), "items": len(data.items), "interactions": len(data.interactions)},
        "fit_s": {name: round(seconds, 3) for name, seconds in fitted.seconds.items()},
        "failed": dict(fitted.failed),
        "not_judged": not_judged,
        "evaluation": msgspec.to_builtins(report) if report is not None else None,
    }
    return releases.publish(
        data.domain, pack.name, parts, now=now, config=config, version=version, evidence=evidence, keep=keep
    )
