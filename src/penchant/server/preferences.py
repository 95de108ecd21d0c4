"""`/v1/preferences`: what a person says they like, and the questions that find it out."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from penchant.catalog import Question
from penchant.errors import InvalidRequest
from penchant.keys import Scope
from penchant.server.asked import domain_asked, person_asked
from penchant.server.authorize import Caller, caller
from penchant.server.body import check_depth
from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.serving import Preference

_ROUTE: dict[str, Any] = {"tags": ["preferences"], "opt": {"scope": Scope.RECOMMEND}, "status_code": 200}
_NAME = Meta(max_length=100)

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Range = Annotated[list[float | None], Meta(min_length=2, max_length=2)]
Values = Annotated[list[str | float | Range], Meta(max_length=100)]


class PreferencesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one person likes, and what proves who says it.

    Attributes:
        domain: Domain name; may be left out where the key is good for one.
        user_id: Known id of the person.
        anonymous_id: Anonymous id of the person.
        likes: Values by field of the domain's items; an empty list takes back what was said of a field, and fields that
            are not named stay as they are.
        items: Ids of single items; an empty list takes them back.
        identity_token: What lets a browser key speak for a known person; the header `X-Identity-Token` does too.
    """

    domain: Annotated[str, _NAME] | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    likes: Annotated[dict[Annotated[str, _NAME], Values], Meta(max_length=50)] = {}
    items: Annotated[list[Id], Meta(max_length=100)] | None = None
    identity_token: Annotated[str, Meta(max_length=4_096)] | None = None


class Questions(msgspec.Struct, frozen=True):
    """What to ask somebody of whom nothing is known, the most telling first."""

    domain: str
    questions: tuple[Question, ...]


@post("/v1/preferences", responses=documented(400, 404, 413, 415, 503), **_ROUTE)
async def put_preferences(request: Request[Any, Any, Any], data: JSONBody[PreferencesBody], state: State) -> Preference:
    """Keep what a person likes; the next request obeys.

    A browser key speaks for an anonymous person or for the one its identity token names, and is told what was said
    under that id alone.
    """
    asker = caller(request)
    check_depth(data.likes)
    domain = _domain(asker, data.domain)
    actor, alone = _actor(request, asker, data.user_id, data.anonymous_id, data.identity_token, domain)
    preferences = engine_of(state).preferences
    made = await sync_to_thread(preferences.choose, domain, actor, data.likes, data.items)
    return await sync_to_thread(preferences.chosen, domain, actor, alone=True) if alone else made


@get("/v1/preferences", responses=documented(400, 404, 503), **_ROUTE)
async def get_preferences(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromQuery[str | None] = None,
    user_id: FromQuery[str | None] = None,
    anonymous_id: FromQuery[str | None] = None,
) -> Preference:
    """Show what a person likes."""
    name, actor, alone = _told(request, domain, user_id, anonymous_id)
    return await sync_to_thread(engine_of(state).preferences.chosen, name, actor, alone=alone)


@delete("/v1/preferences", responses=documented(400, 404, 503), **_ROUTE)
async def forget_preferences(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromQuery[str | None] = None,
    user_id: FromQuery[str | None] = None,
    anonymous_id: FromQuery[str | None] = None,
) -> Preference:
    """Take back everything that a person said they like."""
    name, actor, alone = _told(request, domain, user_id, anonymous_id)
    return await sync_to_thread(engine_of(state).preferences.forget, name, actor, alone=alone)


@get("/v1/preferences/questions", responses=documented(400, 404, 503), **_ROUTE)
async def preference_questions(
    request: Request[Any, Any, Any], state: State, domain: FromQuery[str | None] = None
) -> Questions:
    """Show a short set of questions whose answers part the catalog well; their values go into `likes` as they are."""
    name = _domain(caller(request), domain)
    return Questions(name, await sync_to_thread(engine_of(state).preferences.questions, name))


PREFERENCE_ROUTES = (put_preferences, get_preferences, forget_preferences, preference_questions)
"""All of them."""


def _told(
    request: Request[Any, Any, Any], domain: str | None, user_id: str | None, anonymous_id: str | None
) -> tuple[str, str, bool]:
    """Domain and person of an address."""
    asker = caller(request)
    name = _domain(asker, domain)
    for field, told in (("user_id", user_id), ("anonymous_id", anonymous_id)):
        if told is not None and not 1 <= len(told) <= 200:
            raise InvalidRequest(field, "must have 1 to 200 characters")
    return name, *_actor(request, asker, user_id, anonymous_id, None, name)


def _domain(asker: Caller, told: str | None) -> str:
    """The domain that is meant.

    Raises:
        NotFound: The key is not good for it.
        InvalidRequest: Nothing says which.
    """
    name = domain_asked(asker, told) or asker.domain
    if name is None:
        raise InvalidRequest("domain", "is needed: the key is good for several domains")
    return name


def _actor(
    request: Request[Any, Any, Any],
    asker: Caller,
    user_id: str | None,
    anonymous_id: str | None,
    token: str | None,
    domain: str,
) -> tuple[str, bool]:
    """Whose word it is, and whether no more may be told than was said under that id alone.

    Anybody can name an anonymous id; what its person said under a known one is not theirs to read.

    Raises:
        InvalidRequest: Nobody is named.
        NotAllowed: The person is not the one the identity token names.
        KeyRejected: The identity token does not hold.
    """
    user = person_asked(request, asker, user_id, token, domain)
    if user is not None:
        return f"user:{user}", False
    if anonymous_id is None:
        raise InvalidRequest("user_id", "or anonymous_id is needed: whose preferences these are")
    return f"anon:{anonymous_id}", not asker.trusted
