from __future__ import annotations

from pathlib import Path

import pytest

from penchant.engine.assembly import installed_packs, read_workspace, set_up
from penchant.errors import ConfigError
from penchant.pack import Order
from penchant.ranking import Objective


def objectives(folder: Path, text: str) -> dict[str, Objective]:
    (folder / "penchant.toml").write_text('[domains.shop]\npack = "product"\n' + text, encoding="utf-8")
    workspace = read_workspace(folder, {})
    return {one.name: one for one in set_up("shop", installed_packs()["product"], workspace).pack.objectives}


def test_constants_of_the_domain_are_laid_over_those_of_the_pack(tmp_path: Path) -> None:
    plain = objectives(tmp_path, "")
    changed = objectives(tmp_path, "[domains.shop.objectives.profit]\nreturn_cost = 6.5\nloss = 0.05\n")

    assert dict(changed["profit"].constants) == {**dict(plain["profit"].constants), "return_cost": 6.5}
    assert (changed["profit"].loss, changed["profit"].formula) == (0.05, plain["profit"].formula)
    assert list(changed) == list(plain)
    assert {name for name in plain if plain[name] != changed[name]} == {"profit"}


def test_a_formula_of_the_domains_own_stands_after_those_of_the_pack(tmp_path: Path) -> None:
    found = objectives(
        tmp_path,
        'attributes = { grip = "number" }\n[domains.shop.objectives.clearance]\n'
        'formula = "p_purchase * (price + storage * grip) * relevance"\nstorage = 2\n',
    )

    first, own = next(iter(found.values())), found["clearance"]
    assert list(found)[-1] == "clearance"
    assert (own.formula, own.constants) == ("p_purchase * (price + storage * grip) * relevance", (("storage", 2.0),))
    assert (own.goal, own.terms, own.loss, own.version) == (first.goal, first.terms, 0.03, 1)


def test_how_a_placement_is_filled_and_ordered_is_taken_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "penchant.toml").write_text(
        '[domains.shop]\npack = "product"\n'
        '[placements.home]\ndomain = "shop"\nfills = false\norder = { by = ["-rating"], turns = "brand" }\n'
        '[placements.buy-again]\ndomain = "shop"\nfills = true\n',
        encoding="utf-8",
    )
    made = set_up("shop", installed_packs()["product"], read_workspace(tmp_path, {})).placements

    assert (made["home"].fills, made["home"].order) == (False, Order(by=("-rating",), turns="brand"))
    assert (made["buy-again"].fills, made["buy-again"].order) == (True, None)
    assert (made["cart"].fills, made["cart"].order) == (True, None)


@pytest.mark.parametrize(
    ("order", "wrong"), [('{ by = ["-ratting"] }', 'no field "ratting" to order by'), ("{ bi = [] }", "bi")]
)
def test_a_wrong_order_is_told(tmp_path: Path, order: str, wrong: str) -> None:
    text = f'[domains.shop]\npack = "product"\n[placements.home]\ndomain = "shop"\norder = {order}\n'
    (tmp_path / "penchant.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"placements\.home\.order") as caught:
        read_workspace(tmp_path, {})
    assert wrong in str(caught.value)


def test_a_wrong_formula_is_told_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        objectives(tmp_path, '[domains.shop.objectives.own]\nformula = "p_purchse * (price"\n')
    assert str(caught.value).startswith("penchant.toml:4 domains.shop.objectives.own.formula: at character 13: '(' was")

    with pytest.raises(ConfigError) as caught:
        objectives(tmp_path, '[domains.shop.objectives.own]\nformula = "p_purchse * price"\nidle = 1\n')
    said = 'at character 1: no name "p_purchse"; did you mean "p_purchase"?'
    assert str(caught.value) == f"penchant.toml:4 domains.shop.objectives.own.formula: {said}"

    with pytest.raises(ConfigError, match='does not name its constant "idle"'):
        objectives(tmp_path, '[domains.shop.objectives.own]\nformula = "p_purchase * price"\nidle = 1\n')
