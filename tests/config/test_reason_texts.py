"""Texts of reasons, and the language they are told in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penchant.config import Workspace
from penchant.errors import ConfigProblem

Loads = Callable[..., Workspace]
Problems = Callable[..., list[ConfigProblem]]

SHOP = '[domains.shop]\npack = "product"\n'


def test_a_domain_says_reasons_in_its_own_words(loads: Loads) -> None:
    domain = loads(SHOP + 'language = "de"\nreasons.de.alike = "ähnlich"\nreasons.pt-br.popular = "muitos"').settings

    assert domain.domains["shop"].language == "de"
    assert domain.domains["shop"].reasons == {"de": {"alike": "ähnlich"}, "pt-br": {"popular": "muitos"}}


def test_a_code_that_there_is_not_is_told_with_the_nearest(problems: Problems) -> None:
    [problem] = problems(SHOP + '[domains.shop.reasons.de]\nalikee = "ähnlich"')

    assert str(problem) == (
        'penchant.toml:4 domains.shop.reasons.de.alikee: no reason "alikee"; did you mean "alike"?'
        " (have: alike, popular)"
    )


def test_a_reason_of_a_configured_source_may_be_told_too(loads: Loads, problems: Problems) -> None:
    source = '{ model = "als", reason = ["mine", "of our own"] }'
    placement = f'[placements.home]\ndomain = "shop"\nsources = [{source}]\n'
    texts = '[domains.shop.reasons.de]\nmine = "von uns"\n'

    assert loads(SHOP + texts + placement).settings.domains["shop"].reasons["de"]["mine"] == "von uns"
    assert len(problems(SHOP + texts + placement.replace('"mine"', '"other"'))) == 1


@pytest.mark.parametrize("text", ['language = "deutsch"', 'language = "de_AT"', 'reasons.DE.alike = "x"'])
def test_a_language_is_a_language(problems: Problems, text: str) -> None:
    assert any("a language as in en" in str(problem) for problem in problems(SHOP + text))


@pytest.mark.parametrize("text", ["", "x" * 201])
def test_a_text_has_words_and_not_too_many(problems: Problems, text: str) -> None:
    assert len(problems(SHOP + f'reasons.de.alike = "{text}"')) == 1
