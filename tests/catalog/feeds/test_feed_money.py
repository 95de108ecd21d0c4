from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.feeds.money import Money, read_money, read_number


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("19.99 USD", 19.99, "USD"),
        ("USD 19.99", 19.99, "USD"),
        ("19.99USD", 19.99, "USD"),
        ("usd19.99", 19.99, "USD"),
        ("19,99 EUR", 19.99, "EUR"),
        ("1.234,50 EUR", 1234.5, "EUR"),
        ("1,234.50 USD", 1234.5, "USD"),
        ("1,234,567.5 USD", 1234567.5, "USD"),
        ("1.234.567,5 EUR", 1234567.5, "EUR"),
        ("1.234.567 EUR", 1234567, "EUR"),
        ("12,34,567.00 INR", 1234567, "INR"),
        ("1'234.50 CHF", 1234.5, "CHF"),
        ("1 234,50 PLN", 1234.5, "PLN"),
        ("1\u202f234,50 EUR", 1234.5, "EUR"),
        ("€ 12", 12, "EUR"),
        ("12,50€", 12.5, "EUR"),
        ("£3", 3, "GBP"),
        ("$9.90", 9.9, "SEK"),
        ("0", 0, "SEK"),
        (".5", 0.5, "SEK"),
        ("39.5", 39.5, "SEK"),
        ("1,234 USD", 1234, "USD"),
        ("0,125 EUR", 0.125, "EUR"),
        ("1234,5", 1234.5, "SEK"),
        ("1.234 EUR", 1.234, "EUR"),
        ("10.000 VND", 10000, "VND"),
        ("1,234 KWD", 1.234, "KWD"),
        ("1.250 KWD", 1.25, "KWD"),
    ],
)
def test_prices_are_read_in_every_spelling(text: str, amount: float, currency: str) -> None:
    assert read_money(text, "SEK") == Money(amount, currency)


def test_a_bare_number_without_a_default_has_no_currency() -> None:
    assert read_money("5") == Money(5.0, None)


@pytest.mark.parametrize(
    "text",
    ["", "free", "19.99 USDX", "US 5", "-1 USD", "1e5 USD", "NaN", "inf USD", "5 USD EUR", "EUR 5 USD", "10-20 USD",
     "1.2.3,4,5 EUR", "1,2,3 USD", "1.234.56 EUR", "..", "999999999999999 EUR", "1" * 50, "٣ USDD"],
)  # fmt: skip
def test_what_is_no_price_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"price|currencies|below zero|number"):
        read_money(text, "EUR")


@given(st.decimals(0, 10**9, places=2, allow_nan=False), st.sampled_from(["EUR", "USD", "JPY", "KWD"]))
def test_a_price_with_two_decimals_is_the_same_in_all_spellings(amount: object, currency: str) -> None:
    plain = f"{amount:f}"
    english, german = f"{amount:,f}", f"{amount:,f}".translate({ord(","): ".", ord("."): ","})

    wanted = Money(float(plain), currency)
    assert read_money(f"{plain} {currency}") == wanted
    assert read_money(f"{currency} {english}") == wanted
    assert read_money(f"{german} {currency}") == wanted


@given(st.text(max_size=30))
def test_any_text_is_a_price_or_none(text: str) -> None:
    try:
        money = read_money(text, "EUR")
    except ValueError:
        return
    assert 0 <= money.amount < 1e12


def test_numbers_may_have_a_comma() -> None:
    assert [read_number(text) for text in ("4,5", "4.5", "-1", "1,250", "1.250,5", "0,125")] == [
        4.5, 4.5, -1, 1250, 1250.5, 0.125,
    ]  # fmt: skip
    for text in ("", "many", "1e3", "nan", "1/2"):
        with pytest.raises(ValueError, match="not a number"):
            read_number(text)
