"""Prices with and without tax, and the compare-at price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.compare_at import compare_at
from stockwire.domain.tax import price_excl, price_incl


@pytest.mark.parametrize(
    "excl, rate, incl",
    [
        ("100.00", "15", "115.00"),
        ("100", "0", "100.00"),
        ("12.50", "15", "14.38"),  # 14.375 goes up
        ("12.4999", "15", "14.37"),
        ("0.03", "15", "0.03"),  # 0.0345
        ("0.10", "15", "0.12"),  # 0.115 goes up
        ("0", "15", "0.00"),
        ("99.99", "14", "113.99"),
        ("10.00", "7.5", "10.75"),
        ("86.956521", "15", "100.00"),
        ("1234567890.12", "15", "1419753073.64"),
        ("-12.50", "15", "-14.38"),
    ],
)
def test_tax_is_added(excl: str, rate: str, incl: str) -> None:
    assert str(price_incl(Decimal(excl), Decimal(rate))) == incl


@pytest.mark.parametrize(
    "incl, rate, excl",
    [
        ("115.00", "15", "100.00"),
        ("100.00", "15", "86.96"),
        ("100", "0", "100.00"),
        ("199.00", "15", "173.04"),
        ("0.01", "15", "0.01"),
        ("0.23", "15", "0.20"),
        ("10.75", "7.5", "10.00"),
        ("0.575", "15", "0.50"),
        ("1.01", "100", "0.51"),  # 0.505 goes up
        ("0", "15", "0.00"),
        ("-115", "15", "-100.00"),
    ],
)
def test_tax_is_taken_out(incl: str, rate: str, excl: str) -> None:
    assert str(price_excl(Decimal(incl), Decimal(rate))) == excl


@pytest.mark.parametrize("rate", ["-1", "NaN", "Infinity"])
def test_a_rate_that_makes_no_sense_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        price_incl(Decimal(1), Decimal(rate))
    with pytest.raises(ValueError, match="makes no sense"):
        price_excl(Decimal(1), Decimal(rate))


cents = st.decimals(min_value=0, max_value=1_000_000, places=2)


@given(cents, st.decimals(min_value=0, max_value=100, places=2))
def test_taking_the_tax_out_undoes_adding_it(price: Decimal, rate: Decimal) -> None:
    assert price_excl(price_incl(price, rate), rate) == price


@given(cents, st.sampled_from([Decimal(0), Decimal(14), Decimal(15)]))
def test_adding_it_again_misses_by_a_cent_at_most(price: Decimal, rate: Decimal) -> None:
    assert abs(price_incl(price_excl(price, rate), rate) - price) <= Decimal("0.01")


@pytest.mark.parametrize(
    "price, was, shown, reason",
    [
        ("100", "150", "150.00", "above the price of R100.00"),
        ("100", "100.01", "100.01", "above the price of R100.00"),
        ("100", "100", None, "R100.00 is not above the price of R100.00"),
        ("100", "80", None, "R80.00 is not above"),
        ("100", "100.004", None, "R100.00 is not above"),
        ("99.996", "100.00", None, "R100.00 is not above the price of R100.00"),
        ("100", "100.005", "100.01", "above"),
        ("99.995", "100.00", None, "R100.00 is not above the price of R100.00"),
        ("0.10", "0.50", "0.50", "above the price of R0.10"),
        ("0.10", "1", "1.00", "above the price of R0.10"),
        ("100", "0", None, "no compare-at price"),
        ("100", "-5", None, "no compare-at price"),
        ("100", None, None, "no compare-at price"),
        (None, "150", None, "no price to compare with"),
    ],
)
def test_a_compare_at_price_is_shown_only_above_the_price(
    price: str | None, was: str | None, shown: str | None, reason: str
) -> None:
    made = compare_at(Decimal(price) if price else None, Decimal(was) if was else None)
    assert (str(made.price) if made.price is not None else None) == shown
    assert reason in made.reason
