"""The helper calculate: exact, plain and bounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.templates.arithmetic import CalculationError, calculate


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1 + 2", "3"),
        ("12.50 * 1.15", "14.375"),
        ("100 / 1.15", "86.9565217391"),
        ("115 / 1.15", "100"),
        ("10 - 2 - 3", "5"),
        ("100 / 10 / 2", "5"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("2 * (3 + (4 - 1)) / 3", "4"),
        ("-5 + 3", "-2"),
        ("3 * -2", "-6"),
        ("2 - -3", "5"),
        ("--3", "3"),
        ("+3", "3"),
        ("-(2 + 3)", "-5"),
        ("1.50", "1.5"),
        ("100", "100"),
        ("0.10 + 0.20", "0.3"),
        (".5 + 1.", "1.5"),
        ("  7\n", "7"),
        ("1/3", "0.3333333333"),
        ("2/3", "0.6666666667"),
        ("0.00000000005", "0.0000000001"),
        ("-0.00000000004", "0"),
        ("0 * -1", "0"),
        ("1/3*3", "1"),
        ("9" * 40, "9" * 40),
        ("round(2.345, 2)", "2.35"),
        ("round(-2.345, 2)", "-2.35"),
        ("round(100/1.15, 2)", "86.96"),
        ("round(100, 2)", "100.00"),
        ("round(2.5, 0)", "3"),
        ("round(-0.001, 2)", "0.00"),
        ("round (1 + 1, 1)", "2.0"),
        # Only round as the whole calculation keeps its decimals.
        ("round(2.345, 2) * 2", "4.7"),
        ("round(round(2.345, 2) * 2, 2)", "4.70"),
        ("(" * 20 + "1" + ")" * 20, "1"),
    ],
)
def test_the_result(text: str, expected: str) -> None:
    assert calculate(text) == expected


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("", "nothing to calculate", "have a value"),
        ("  ", "nothing to calculate", "have a value"),
        (" * 1.15", "a number is missing before '*'", "every field"),
        ("12.50 * ", "ends where a number must follow", "every field"),
        ("( ) * 2", "a number is missing before ')'", "every field"),
        ("1 / 0", "divides by zero", "divided by"),
        ("0 / (1 - 1)", "divides by zero", "divided by"),
        ("12,50 * 2", "there is a comma", "with a point"),
        ("1 250.00 + 1", "a sign is missing before 250.00", "numbers, + - * /"),
        ("R12.50", "'R12.50' in 'R12.50' cannot be calculated with", "numbers, + - * /"),
        ("1E5", "cannot be calculated with", "numbers"),
        ("2 ** 3", "a number is missing before '*'", "every field"),
        ("7 % 2", "'% 2' in '7 % 2' cannot", "numbers"),
        ("2 // 3", "a number is missing before '/'", "every field"),
        ("(1 + 2", "')' is missing at the end", "brackets"),
        ("1 + 2)", "a number is missing before ')'", ""),
        ("(1 2)", "a sign is missing before 2", ""),
        ("round(1)", "a number is missing before ')'", ""),
        ("round(1, x)", "cannot be calculated with", ""),
        ("round(1, 1 + 1)", "a number is missing before '+'", ""),
        ("round(1, 11)", "does not say to how many decimals", "round(amount, 2)"),
        ("round(1, 0.5)", "does not say to how many decimals", "round(amount, 2)"),
        ("round(1,", "does not say to how many decimals", "round(amount, 2)"),
        ("round", "cannot be calculated with", "round(amount, 2)"),
        ("(" * 21 + "1" + ")" * 21, "more than 20 brackets", "fewer"),
        ("1" * 41, "more than 40 digits", "field"),
        ("1" + "0" * 60, "more than 40 digits", "field"),
        ("0." + "1" * 41, "more than 40 digits", "field"),
        (f"{'9' * 40} * 10", "comes to more than 40 digits", "fields"),
        (f"{'9' * 40} + 1", "comes to more than 40 digits", "fields"),
        (f"1 / 0.{'0' * 39}1 * 10", "comes to more than 40 digits", "fields"),
        ("1 + " * 400 + "1", "longer than 1,000 characters", "shorter"),
        ("__import__('os')", "cannot be calculated with", "numbers"),
        ("١ + ١", "cannot be calculated with", "numbers"),
    ],
)
def test_what_cannot_be_calculated_says_why(text: str, message: str, hint: str) -> None:
    with pytest.raises(CalculationError) as caught:
        calculate(text)
    assert message in caught.value.message
    assert hint in caught.value.hint


signed = st.decimals(min_value=-9999, max_value=9999, places=3)
expressions = st.recursive(
    signed.map(lambda value: f"{value:f}"),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/"]), inner),
    max_leaves=6,
)


def exactly(text: str) -> Fraction:
    """The same calculation in exact fractions, by Python itself: what these expressions are made of is known."""
    fractions = "".join(
        f"Fraction('{part}')" if part[0].isdigit() else part
        for part in text.replace("(", " ( ").replace(")", " ) ").replace("-", " - ").split()
    )
    result = eval(fractions, {"Fraction": Fraction})
    assert isinstance(result, Fraction)
    return result


@given(expressions)
def test_it_agrees_with_exact_fractions(text: str) -> None:
    try:
        expected = exactly(text)
    except ZeroDivisionError:
        with pytest.raises(CalculationError, match="divides by zero"):
            calculate(text)
        return
    assert abs(Fraction(calculate(text)) - expected) <= Fraction(1, 2 * 10**10) + abs(expected) / 10**50


@given(st.text(alphabet="0123456789.+-*/() ,roundx\n", max_size=40))
def test_it_gives_a_plain_number_or_refuses(text: str) -> None:
    try:
        result = calculate(text)
    except CalculationError:
        return
    assert f"{Decimal(result):f}" == result
