"""Prices as feeds write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from penchant.catalog.feeds.wrong import shown

_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₪": "ILS", "zł": "PLN"}
"""Signs that stand for one currency; `$`, `¥` and `kr` do not."""
_OTHER_SIGNS = ("$", "¥", "kr")
_WITHOUT_MINOR = frozenset((
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
))  # fmt: skip
_THREE_DIGITS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
"""Currencies whose minor unit is nothing, or a thousandth (ISO 4217)."""
_SIGN = "|".join(re.escape(sign) for sign in (*_SIGNS, *_OTHER_SIGNS))
_PRICE = re.compile(
    rf"(?:([A-Za-z]{{3}})(?![A-Za-z])|({_SIGN}))?\s*([-+]?\d[\d\s.,'’]*?|[-+]?[.,]\d+)\s*(?:([A-Za-z]{{3}})|({_SIGN}))?"
)
_LONGEST = 40
_HIGHEST = Decimal(10) ** 12


class Money(NamedTuple):
    """An amount of money.

    Attributes:
        amount: In the currency's main unit.
        currency: ISO 4217 code; None when neither the text nor the feed's options name one.
    """

    amount: float
    currency: str | None


def read_money(text: str, default: str | None = None) -> Money:
    """Read a price such as `19.99 USD`, `EUR 1.234,50`, `€ 12`, or a bare number.

    Where both a point and a comma stand, the last one begins the decimals. One that stands alone before three digits
    is a thousands separator when it is a comma, or when the currency has no minor unit; a lone point begins decimals,
    as every dialect wants it written.

    Args:
        text: What the feed says.
        default: Currency when the text names none.

    Raises:
        ValueError: It is no price, is below zero, or 10^12 or more.
    """
    found = _PRICE.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"{shown(text)} is not a price")
    before, sign_before, digits, after, sign_after = found.groups()
    codes = {code.upper() for code in (before, after) if code}
    codes |= {_SIGNS[sign] for sign in (sign_before, sign_after) if sign in _SIGNS}
    if len(codes) > 1:
        raise ValueError(f"{shown(text)} names two currencies")
    currency = codes.pop() if codes else default
    amount = Decimal(_plain(digits, currency))
    if amount < 0:
        raise ValueError(f"{shown(text)} is below zero")
    if amount >= _HIGHEST:
        raise ValueError(f"{shown(text)} is too high for a price")
    return Money(float(amount), currency)


def read_number(text: str) -> float:
    """Read a number whose decimals may begin with a comma.

    Raises:
        ValueError: It is no number.
    """
    if not re.fullmatch(r"[-+]?(\d[\d\s.,'’]*|[.,]\d+)", text.strip()) or len(text) > _LONGEST:
        raise ValueError(f"{shown(text)} is not a number")
    return float(Decimal(_plain(text.strip(), None)))


def _plain(digits: str, currency: str | None) -> str:
    """Digits as `Decimal` takes them.

    Raises:
        ValueError: The separators make no number.
    """
    digits = re.sub(r"[\s'’]", "", digits)
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        decimal, thousands = (".", ",") if point > comma else (",", ".")
    elif point < 0 and comma < 0:
        return digits
    else:
        decimal, thousands = _lone("." if point >= 0 else ",", digits, currency)
    if thousands:
        whole = digits.partition(decimal)[0] if decimal else digits
        mark = re.escape(thousands)
        # Three digits in a group, or two as in India.
        grouped = re.fullmatch(rf"[-+]?\d{{1,3}}(?:(?:{mark}\d{{2,3}})*{mark}\d{{3}})?", whole)
        if grouped is None or (decimal and thousands in digits.partition(decimal)[2]):
            raise ValueError(f"{shown(digits)} is not a number")
        digits = digits.replace(thousands, "")
    if decimal and digits.count(decimal) > 1:
        raise ValueError(f"{shown(digits)} is not a number")
    return digits.replace(decimal, ".") if decimal else digits


def _lone(mark: str, digits: str, currency: str | None) -> tuple[str, str]:
    """What the only kind of separator is: (mark of the decimals, mark of the thousands), one of them empty."""
    if digits.count(mark) > 1:
        return "", mark
    whole, _, rest = digits.lstrip("+-").partition(mark)
    if len(rest) != 3 or not 1 <= len(whole) <= 3 or whole == "0" or currency in _THREE_DIGITS:
        return mark, ""
    return ("", mark) if mark == "," or currency in _WITHOUT_MINOR else (mark, "")
