"""Whose events models may learn from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from penchant.events import PURPOSES, Consent
from penchant.people import decide
from penchant.training import permitted

YES = {"analytics": True, "personalization": True, "email": False, "ads": False}
NO = {**YES, "personalization": False}
LINKED = {"anon:a1": "user:ann", "user:ann": "user:ann"}


def said(actor: str, purpose: str, granted: bool, at: int = 0) -> Consent:
    return Consent(actor, purpose, granted, at, "test")  # type: ignore[arg-type]


def test_who_said_nothing_is_learned_from_when_that_is_the_default() -> None:
    found = permitted([], {}, YES)

    assert (found.excluded, found.only) == (frozenset(), None)


def test_who_forbids_one_of_the_two_is_left_out() -> None:
    found = permitted([said("user:ann", "analytics", False), said("user:bob", "personalization", False)], {}, YES)

    assert found.excluded == {"user:ann", "user:bob"}


def test_other_purposes_do_not_matter() -> None:
    assert permitted([said("user:ann", "ads", False)], {}, YES).excluded == frozenset()


def test_what_is_said_under_one_id_holds_for_the_person_and_the_latest_word_holds() -> None:
    first = said("anon:a1", "personalization", False, at=1)

    assert permitted([first], LINKED, YES).excluded == {"user:ann"}
    assert permitted([first, said("user:ann", "personalization", True, at=2)], LINKED, YES).excluded == frozenset()


def test_where_silence_is_a_no_those_who_said_yes_are_named() -> None:
    found = permitted([said("anon:a1", "personalization", True), said("user:bob", "analytics", True)], LINKED, NO)

    assert found.only == {"user:ann"}
    assert found.excluded == {"user:bob"}


statements = st.lists(
    st.builds(
        said,
        st.sampled_from(["user:ann", "anon:a1", "user:bob", "anon:b"]),
        st.sampled_from(PURPOSES),
        st.booleans(),
        st.integers(0, 3),
    )
)


@given(statements, st.sampled_from([YES, NO]))
def test_everybody_is_judged_as_a_request_of_theirs_would_be(all_: list[Consent], default: dict[str, bool]) -> None:
    found = permitted(all_, LINKED, default)
    for person in ("user:ann", "user:bob", "anon:b", "user:silent"):
        holds = decide([s for s in all_ if LINKED.get(s.actor, s.actor) == person], default)
        learned = person not in found.excluded and (found.only is None or person in found.only)

        assert learned is (holds["analytics"] and holds["personalization"])
