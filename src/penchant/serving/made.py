"""What came of a request, before it is told and kept."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from penchant.placements import Answer, Ask, Parts, Texts
from penchant.serving.ask import Wanted
from penchant.serving.logged import KEPT_EXCLUDED, Asked, logged
from penchant.serving.request import RecommendationRequest
from penchant.slate import Slate
from penchant.storage import SlateRow


@dataclass(frozen=True)
class Made:
    """What came of a request.

    Attributes:
        slate: The slate, with its reasons in English.
        answer: How it came about.
        ask: What the placement was asked.
        parts: Of what it was made.
        wanted: What the client said.
        texts: What reasons say in other languages.
        actor: Whose it is, as far as that may be kept.
        at: When, milliseconds.
        seconds: Time it took to fill, the person being read.
    """

    slate: Slate
    answer: Answer
    ask: Ask
    parts: Parts
    wanted: Wanted
    texts: Texts
    actor: str | None
    at: int
    seconds: float = 0.0

    def line(self, request: RecommendationRequest) -> SlateRow:
        """It as the log keeps it.

        Args:
            request: As the client sent it.
        """
        slate, asked = self.slate, self.ask
        told = Asked(
            items=tuple(request.items),
            device=asked.device,
            region=asked.facts.region,
            n=asked.size,
            personalized=asked.personalized,
            after=request.after,
        )
        if request.actor is None or self.actor is not None:
            told = msgspec.structs.replace(
                told,
                filter=request.filter,
                exclude=tuple(request.exclude[:KEPT_EXCLUDED]),
                excluded=len(request.exclude) if len(request.exclude) > KEPT_EXCLUDED else 0,
                beside=self.wanted.beside,
                boost=tuple(request.boost),
                # The device is told already, unless it was told in other words.
                context={k: v for k, v in request.context.items() if (k, v) != ("device", asked.device)},
            )
        else:
            told = msgspec.structs.replace(told, unkept=True)
        return SlateRow(slate.slate_id, slate.domain, self.actor, self.at, logged(slate, self.answer, told))
