"""Serving: requests become slates."""

from penchant.serving.batch import Listed, for_actor, recommend_all
from penchant.serving.blocks import MOST_PLACEMENTS, Block, Slates, SlatesRequest
from penchant.serving.curation import Checked, Curation, KeptRule
from penchant.serving.everybody import among, everybody, listed
from penchant.serving.explained import ExplainedItem, ExplainedSlate, Explanation
from penchant.serving.listing import ListFile
from penchant.serving.live import View
from penchant.serving.logged import Asked, LoggedItem, LoggedSlate, Ranked, logged, read_logged
from penchant.serving.meter import BOUNDS_S, Answers, Times
from penchant.serving.patience import Patience, Waits
from penchant.serving.preferences import Preference, Preferences
from penchant.serving.recommender import Recommender
from penchant.serving.replay import MOST_ASKED, Replay, Replayed, TracedItem, TracedSlate
from penchant.serving.request import MOST_ITEMS, Boost, RecommendationRequest
from penchant.serving.setup import DomainSetup
from penchant.serving.several import explain_several, recommend_several
from penchant.serving.slate_log import SlateLog
from penchant.serving.slots import KeptPlacement, SetupsNow, Slots, laid
from penchant.serving.switch import Pinned, Switch, Switched
from penchant.serving.tally import last_links
from penchant.serving.tried import Assigned, filler, unfit
from penchant.serving.warming import warm_up

__all__ = [
    "BOUNDS_S",
    "MOST_ASKED",
    "MOST_ITEMS",
    "MOST_PLACEMENTS",
    "Answers",
    "Asked",
    "Assigned",
    "Block",
    "Boost",
    "Checked",
    "Curation",
    "DomainSetup",
    "ExplainedItem",
    "ExplainedSlate",
    "Explanation",
    "KeptPlacement",
    "KeptRule",
    "ListFile",
    "Listed",
    "LoggedItem",
    "LoggedSlate",
    "Patience",
    "Pinned",
    "Preference",
    "Preferences",
    "Ranked",
    "RecommendationRequest",
    "Recommender",
    "Replay",
    "Replayed",
    "SetupsNow",
    "SlateLog",
    "Slates",
    "SlatesRequest",
    "Slots",
    "Switch",
    "Switched",
    "Times",
    "TracedItem",
    "TracedSlate",
    "View",
    "Waits",
    "among",
    "everybody",
    "explain_several",
    "filler",
    "for_actor",
    "laid",
    "last_links",
    "listed",
    "logged",
    "read_logged",
    "recommend_all",
    "recommend_several",
    "unfit",
    "warm_up",
]
