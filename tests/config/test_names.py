from __future__ import annotations

from collections.abc import Callable

import pytest

from penchant.config import EVENT_FIELDS, PackNames, Workspace
from penchant.errors import ConfigProblem

Problems = Callable[..., list[ConfigProblem]]
Only = Callable[..., str]

SHOP = '[domains.shop]\npack = "product"\n'
"""Two lines that hold; what a test adds begins on line 3."""


def test_an_unknown_pack_names_the_packs_there_are(one_problem: Only) -> None:
    assert one_problem('[domains.shop]\npack = "prodct"') == (
        'penchant.toml:2 domains.shop.pack: no pack "prodct"; did you mean "product"? (have: content, product)'
    )


def test_an_unknown_objective_of_a_domain_names_the_packs_objectives_in_their_order(one_problem: Only) -> None:
    assert one_problem(SHOP + 'objective = "profitt"') == (
        'penchant.toml:3 domains.shop.objective: no objective "profitt"; did you mean "profit"?'
        " (have: conversion, revenue, profit)"
    )


def test_a_domain_with_a_wrong_pack_is_not_asked_for_its_objective(problems: Problems) -> None:
    assert len(problems('[domains.shop]\npack = "x"\nobjective = "y"\nmodels.z = {}')) == 1


def test_an_unknown_model_names_the_packs_models(one_problem: Only) -> None:
    assert one_problem(SHOP + "[domains.shop.models.alss]\nfactors = 3") == (
        'penchant.toml:3 domains.shop.models.alss: no model "alss"; did you mean "als"?'
        " (have: als, item-knn, popular-week)"
    )


def test_settings_of_a_model_are_checked_against_its_class(problems: Problems) -> None:
    text = SHOP + '[domains.shop.models.als]\nfactors = 0\nfactor = 3\nhalf_life_days = "7"\nroles = ["goals"]'

    assert [str(p) for p in problems(text)] == [
        "penchant.toml:4 domains.shop.models.als.factors: must be a whole number from 1 to 1024, got 0",
        "penchant.toml:5 domains.shop.models.als.factor: no such key (have: factors, field, half_life_days, roles)",
        'penchant.toml:6 domains.shop.models.als.half_life_days: must be a number, got "7"',
        'penchant.toml:7 domains.shop.models.als.roles[0]: must be "goal", "strong" or "weak", got "goals";'
        ' did you mean "goal"?',
    ]


def test_a_domain_may_add_a_model_of_any_kind(loads: Callable[..., object]) -> None:
    loads(SHOP + '[domains.shop.models.mine]\nkind = "als"\nfield = "brand"\nfactors = 32')


def test_a_model_of_a_kind_must_say_what_the_kind_cannot_do_without(one_problem: Only) -> None:
    said = one_problem(SHOP + '[domains.shop.models.mine]\nkind = "by"')
    assert said.startswith("penchant.toml:3 domains.shop.models.mine.by: missing")


def test_a_name_of_the_pack_may_be_borne_by_another_kind(one_problem: Only) -> None:
    said = one_problem(SHOP + '[domains.shop.models.als]\nkind = "by"\nby = "brand"\nfactors = 3')
    assert said == "penchant.toml:6 domains.shop.models.als.factors: no such key (have: by, top)"


def test_an_unknown_kind_of_model_names_those_there_are(one_problem: Only) -> None:
    assert one_problem(SHOP + '[domains.shop.models.mine]\nkind = "alss"') == (
        'penchant.toml:4 domains.shop.models.mine.kind: no kind of model "alss"; did you mean "als"? (have: als, by)'
    )


def test_a_model_may_set_some_of_its_keys_only(loads: Callable[..., object]) -> None:
    loads(SHOP + "[domains.shop.models.als]\nfactors = 32")


def test_a_placement_needs_a_configured_domain(one_problem: Only) -> None:
    assert one_problem(SHOP + '[placements.home]\ndomain = "shpo"') == (
        'penchant.toml:4 placements.home.domain: no domain "shpo"; did you mean "shop"? (have: shop)'
    )


def test_a_placement_with_a_name_of_its_own_must_say_what_it_is_like(one_problem: Only) -> None:
    assert one_problem(SHOP + '[placements.homepage]\ndomain = "shop"') == (
        "penchant.toml:3 placements.homepage.like: missing, must name the placement to start from, as the pack ships"
        ' none called "homepage"; did you mean "home"? (have: home, also-like, similar)'
    )


def test_like_must_be_a_placement_of_the_domains_own_pack(one_problem: Only) -> None:
    assert one_problem(SHOP + '[placements.top]\ndomain = "shop"\nlike = "feed"') == (
        'penchant.toml:5 placements.top.like: no placement "feed" (have: home, also-like, similar)'
    )


def test_like_frees_the_placements_name(loads: Callable[..., object]) -> None:
    loads(SHOP + '[placements.top]\ndomain = "shop"\nlike = "home"\nobjective = "revenue"\ncaps = { brand = 2 }')


def test_a_placements_filter_is_checked_with_the_free_fields_of_its_domain(
    loads: Callable[..., Workspace], problems: Problems
) -> None:
    grip = SHOP + 'attributes = { grip = "number" }\n'
    text = '[placements.home]\ndomain = "shop"\nfilter = { field = "attributes.grip", range = [1, 5] }'

    assert loads(grip + text).settings.placements["home"].filter == {"field": "attributes.grip", "range": [1, 5]}
    assert [str(p) for p in problems(SHOP + text)] == [
        'penchant.toml:5 placements.home.filter: filter.field: no such field, got "attributes.grip"'
    ]


def test_a_free_field_may_not_have_the_name_of_a_field(problems: Problems) -> None:
    assert {str(p) for p in problems(SHOP + 'attributes = { brand = "text", grip = "weight" }')} == {
        'penchant.toml:3 domains.shop.attributes.brand: is a field of the item type, and not a free one, got "brand"',
        "penchant.toml:3 domains.shop.attributes.grip:"
        ' must be "flag", "number", "tags", "text" or "time", got "weight"',
    }


def test_a_placements_objective_and_caps_are_looked_up_in_its_pack(problems: Problems) -> None:
    text = (
        SHOP + '[placements.home]\ndomain = "shop"\nobjective = "attention"\ncaps = { brnd = 2, price = 1, topics = 3 }'
    )

    assert [str(p) for p in problems(text)] == [
        'penchant.toml:5 placements.home.objective: no objective "attention" (have: conversion, revenue, profit)',
        'penchant.toml:6 placements.home.caps.brnd: no item field to cap by "brnd"; did you mean "brand"?'
        " (have: id, title, brand, kind, topics)",
        'penchant.toml:6 placements.home.caps.price: no item field to cap by "price"'
        " (have: id, title, brand, kind, topics)",
    ]


IMPORT = SHOP + '[[imports]]\nname = "a"\ndomain = "shop"\npath = "x.csv"\n'
"""Six lines; columns begin on line 7."""


def test_an_events_import_names_event_time_and_person(problems: Problems) -> None:
    assert [str(p) for p in problems(IMPORT + 'columns = { item = "sku" }')] == [
        "penchant.toml:7 imports[0].columns.event: missing, must name the column",
        "penchant.toml:7 imports[0].columns.time: missing, must name the column",
        "penchant.toml:7 imports[0].columns.user_id: missing, must name the column (or anonymous_id must)",
    ]


@pytest.mark.parametrize("person", ["user_id", "anonymous_id"])
def test_either_id_of_a_person_will_do_and_the_item_may_be_missing(loads: Callable[..., object], person: str) -> None:
    loads(IMPORT + f'columns = {{ event = {{ value = "Seen" }}, time = "t", {person} = "u" }}')


def test_all_event_fields_may_be_filled(loads: Callable[..., object]) -> None:
    loads(IMPORT + "".join(f'columns.{field} = "c"\n' for field in EVENT_FIELDS))


def test_an_unknown_event_field_is_told_with_the_nearest_and_not_missing_too(one_problem: Only) -> None:
    assert one_problem(IMPORT + 'columns = { evnt = "e", time = "t", user_id = "u" }').startswith(
        'penchant.toml:7 imports[0].columns.evnt: no event field "evnt"; did you mean "event"? (have: event, time'
    )


def test_a_needed_column_of_a_wrong_type_is_not_missing_too(one_problem: Only) -> None:
    assert "must be text" in one_problem(IMPORT + 'columns = { event = 3, time = "t", user_id = "u" }')


@pytest.mark.parametrize("columns", ["", 'columns = "x"', "columns = 3"])
def test_without_columns_none_of_them_is_missing(one_problem: Only, columns: str) -> None:
    assert "imports[0].columns: m" in one_problem(IMPORT + columns)


def test_an_import_without_a_path_is_one_problem(one_problem: Only) -> None:
    text = '[[imports]]\nname = "a"\ndomain = "shop"\nkind = "items"\ncolumns.id = "i"'

    assert one_problem(SHOP + text) == "penchant.toml:3 imports[0].path: missing, must be text that is not empty"


def test_an_items_import_fills_fields_of_the_packs_items_and_needs_the_id(problems: Problems) -> None:
    assert [str(p) for p in problems(IMPORT + 'kind = "items"\ncolumns = { prise = "p", quantity = "q" }')] == [
        'penchant.toml:8 imports[0].columns.prise: no item field "prise"; did you mean "price"?'
        " (have: id, title, brand, kind, topics, price, active, attributes)",
        'penchant.toml:8 imports[0].columns.quantity: no item field "quantity"'
        " (have: id, title, brand, kind, topics, price, active, attributes)",
        "penchant.toml:8 imports[0].columns.id: missing, must name the column",
    ]


def test_columns_are_not_judged_when_their_kind_is_wrong(one_problem: Only) -> None:
    assert 'did you mean "items"?' in one_problem(IMPORT + 'kind = "item"\ncolumns = { id = "p" }')


def test_an_import_needs_a_configured_domain(one_problem: Only) -> None:
    text = IMPORT.replace('domain = "shop"', 'domain = "shap"') + 'columns = { event = "e", time = "t", user_id = "u" }'

    assert one_problem(text).startswith('penchant.toml:5 imports[0].domain: no domain "shap"; did you mean "shop"?')


def test_import_names_are_unique(one_problem: Only) -> None:
    block = '[[imports]]\nname = "a"\ndomain = "shop"\npath = "x"\nkind = "items"\ncolumns.id = "i"\n'

    assert one_problem(SHOP + block + block) == (
        'penchant.toml:10 imports[1].name: must be unique, but line 4 has it too, got "a"'
    )


def test_a_time_zone_must_exist(one_problem: Only) -> None:
    zoned = IMPORT + 'timezone = "Europe/Berln"\ncolumns = { event = "e", time = "t", user_id = "u" }'

    assert one_problem(zoned) == (
        'penchant.toml:7 imports[0].timezone: no time zone "Europe/Berln"; did you mean "Europe/Berlin"?'
    )


def test_a_source_sends_to_a_configured_domain(one_problem: Only) -> None:
    assert one_problem(SHOP + '[sources.web]\ndomain = "shap"').startswith(
        'penchant.toml:4 sources.web.domain: no domain "shap"; did you mean "shop"?'
    )


def test_the_source_of_a_domains_own_name_sends_to_that_domain(one_problem: Only) -> None:
    text = SHOP + '[domains.blog]\npack = "content"\n[sources.shop]\ndomain = "blog"'

    assert one_problem(text) == (
        'penchant.toml:6 sources.shop.domain: must be "shop": the source of a domain\'s own name sends to that domain,'
        ' got "blog"'
    )


def test_a_consent_category_has_one_of_the_purposes(one_problem: Only) -> None:
    text = SHOP + '[sources.web]\ndomain = "shop"\nconsent = { C0002 = "statistics" }'

    assert one_problem(text).startswith("penchant.toml:5 sources.web.consent.C0002: must be")


def test_moments_of_the_evaluation_follow_each_other(problems: Problems) -> None:
    evaluation = 'valid_from = "2011-11-01"\ntest_from = 2011-11-01\ntest_until = "2011-10-01T00:00:00Z"'

    assert [str(p) for p in problems(f"{SHOP}[domains.shop.evaluation]\n{evaluation}")] == [
        "penchant.toml:5 domains.shop.evaluation.test_from: must be later than valid_from (2011-11-01),"
        ' got "2011-11-01"',
        "penchant.toml:6 domains.shop.evaluation.test_until: must be later than test_from (2011-11-01),"
        ' got "2011-10-01T00:00:00Z"',
    ]


def test_a_moment_of_the_evaluation_is_iso_8601(one_problem: Only) -> None:
    assert one_problem(SHOP + 'evaluation.test_from = "1 May 2011"') == (
        "penchant.toml:3 domains.shop.evaluation.test_from: must be a moment as in 2026-11-01 or 2026-11-01T08:00:00Z,"
        ' got "1 May 2011"'
    )


@pytest.mark.parametrize("window", ["test", "valid"])
def test_a_window_starts_at_a_moment_or_a_number_of_days_before_its_end(one_problem: Only, window: str) -> None:
    text = SHOP + f"[domains.shop.evaluation]\n{window}_from = 2011-11-01\n{window}_days = 3"

    assert one_problem(text) == (
        f"penchant.toml:5 domains.shop.evaluation.{window}_days: cannot stand beside {window}_from:"
        " both say when the window starts"
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_a_server_that_asks_for_no_keys_listens_on_loopback_alone(
    one_problem: Only, loads: Callable[..., object], host: str
) -> None:
    loads(f'{SHOP}[server]\nhost = "{host}"')
    assert one_problem(f'{SHOP}[server]\nopen = true\nhost = "{host}"').startswith(
        "penchant.toml:5 server.host: must be a loopback address such as 127.0.0.1 while [server] says open = true"
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_listening_on_this_machine_needs_no_more(loads: Callable[..., object], host: str) -> None:
    loads(f'{SHOP}[server]\nhost = "{host}"')


def test_without_any_domain_no_name_of_one_is_blamed(one_problem: Only) -> None:
    text = '[placements.home]\ndomain = "shop"\n[[imports]]\nname = "a"\nkind = "items"\ndomain = "shop"\npath = "x"\n'
    text += 'columns.x = "y"'

    assert one_problem(text) == "penchant.toml domains: missing, must be a table with at least one [domains.NAME]"


def test_caps_count_by_text_and_lists_of_text(packs: dict[str, PackNames]) -> None:
    assert packs["product"].cap_fields == ("id", "title", "brand", "kind", "topics")
