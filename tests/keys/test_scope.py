"""What each kind of key may do."""

from __future__ import annotations

import pytest

from penchant.keys import SCOPES, Kind, Scope


def test_every_kind_has_its_scopes() -> None:
    assert set(SCOPES) == set(Kind)


def test_a_key_that_everybody_can_read_may_send_events_and_ask_and_no_more() -> None:
    assert SCOPES[Kind.PUBLIC] == {Scope.OPEN, Scope.EVENTS, Scope.RECOMMEND}


def test_a_server_may_also_change_the_catalog_and_people_but_not_erase() -> None:
    assert SCOPES[Kind.SERVER] - SCOPES[Kind.PUBLIC] == {Scope.CATALOG, Scope.PEOPLE, Scope.METRICS}


def test_an_operator_may_do_everything() -> None:
    assert SCOPES[Kind.ADMIN] == set(Scope)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SCOPES[Kind.PUBLIC] = frozenset(Scope)  # type: ignore[index]
