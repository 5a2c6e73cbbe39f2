"""Contract pricing: model.md section 10 rule by rule, and the decisions of ADR 14."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.contracts import (
    CUSTOMER_FIELDS,
    PRODUCT_FIELDS,
    Contract,
    ContractProblem,
    contract_price,
    fields_of,
    is_contract,
    parse_contract,
)

BASE = Decimal("100.00")
PRODUCT = {"sku": "BOLT-M8", "collection": "Tools", "vendor": "Bosch", "range_": "Pro_Line | Blue"}
CUSTOMER = {"source_customer_code": "ACME01", "region": "Western Cape"}


def contract(key: str, value: str, owner: Any = "customer") -> Contract:
    parsed = parse_contract(key, value, owner)
    assert isinstance(parsed, Contract), parsed
    return parsed


def on_customer(order: int, key: str, value: str, kind: str, amount: str) -> Contract:
    return contract(f"order_{order}|entity_product|key_{key}|value_{value}|type_{kind}", amount)


def on_product(order: int, key: str, value: str, kind: str, amount: str) -> Contract:
    text = f"order_{order}|entity_customer|key_{key}|value_{value}|type_{kind}"
    return contract(text, amount, "product")


class TestReading:
    @pytest.mark.parametrize(
        "key, value, order, field, wanted, kind, amount",
        [
            (
                "order_1|entity_product|key_collection|value_Tools|type_discount",
                "10",
                1,
                "collection",
                "Tools",
                "discount",
                "10",
            ),
            (
                "order_2|entity_product|key_sku|value_BOLT-M8|type_fixed",
                "82.50",
                2,
                "sku",
                "BOLT-M8",
                "fixed",
                "82.50",
            ),
            # Only the first _ of a part divides label and payload.
            (
                "order_1|entity_product|key_product_type|value_a_b_c|type_fixed",
                "1",
                1,
                "product_type",
                "a_b_c",
                "fixed",
                "1.00",
            ),
            ("order_1|entity_product|key__k|value__v|type_fixed", "1", 1, "_k", "_v", "fixed", "1.00"),
            # Case and blanks around the parts.
            (
                "ORDER_1|Entity_Product|KEY_Vendor|Value_Bosch|TYPE_Discount",
                "5",
                1,
                "Vendor",
                "Bosch",
                "discount",
                "5",
            ),
            (
                " order_ 1 | entity_product | key_ vendor | value_ Bosch | type_fixed ",
                " 9.999 ",
                1,
                "vendor",
                "Bosch",
                "fixed",
                "10.00",
            ),
            # A | in the value or the key needs no escaping.
            (
                "order_1|entity_product|key_range_|value_Pro_Line | Blue|type_fixed",
                "7",
                1,
                "range_",
                "Pro_Line | Blue",
                "fixed",
                "7.00",
            ),
            ("order_1|entity_product|key_a|b|value_c|type_fixed", "7", 1, "a|b", "c", "fixed", "7.00"),
            ("order_-5|entity_product|key_a|value_b|type_discount", "0", -5, "a", "b", "discount", "0"),
            ("order_007|entity_product|key_a|value_b|type_discount", "99", 7, "a", "b", "discount", "99"),
            ("order_1|entity_product|key_a|value_b|type_fixed", "0.005", 1, "a", "b", "fixed", "0.01"),
            ("order_1|entity_product|key_a|value_b|type_fixed", "10.125", 1, "a", "b", "fixed", "10.13"),
        ],
    )
    def test_a_contract(
        self, key: str, value: str, order: int, field: str, wanted: str, kind: str, amount: str
    ) -> None:
        read = contract(key, value)
        assert (read.order, read.key, read.value, read.kind) == (order, field, wanted, kind)
        assert str(read.amount) == amount

    @pytest.mark.parametrize(
        "key, value, message",
        [
            ("balance", "100", "is not a contract"),
            ("order_1", "10", "is not a contract"),
            ("entity_product|order_1|key_a|value_b|type_fixed", "10", "is not a contract"),
            ("order_1|key_a|value_b|type_fixed", "10", "is not a contract"),
            ("order_1|entity_product|key_a|type_fixed|value_b", "10", "is not a contract"),
            ("order_1|entity_product|key_a|value_b", "10", "is not a contract"),
            ("order1|entity_product|key_a|value_b|type_fixed", "10", "is not a contract"),
            ("order_1|entity_product|key_a|value_" + "b" * 1000 + "|type_fixed", "10", "is not a contract"),
            ("order_|entity_product|key_a|value_b|type_fixed", "10", "the order '' is not a whole number"),
            ("order_first|entity_product|key_a|value_b|type_fixed", "10", "'first' is not a whole number"),
            ("order_1.5|entity_product|key_a|value_b|type_fixed", "10", "'1.5' is not a whole number"),
            ("order_1|entity_customer|key_a|value_b|type_fixed", "10", "kept on a customer"),
            ("order_1|entity_channel|key_a|value_b|type_fixed", "10", "entity_channel cannot be right"),
            ("order_1|entity_product|key_|value_b|type_fixed", "10", "does not say what it matches"),
            ("order_1|entity_product|key_a|value_ |type_fixed", "10", "does not say what it matches"),
            ("order_1|entity_product|key_a|value_b|type_free", "10", "no type 'free'"),
            ("order_1|entity_product|key_a|value_b|type_", "10", "no type ''"),
            ("order_1|entity_product|key_a|value_b|key_c|value_d|type_fixed", "10", "more than one contract"),
            ("order_1|entity_product|key_a|value_b|type_fixed|type_fixed", "10", "more than one contract"),
            # Discounts: whole percent, 0 to 99.
            *[
                ("order_1|entity_product|key_a|value_b|type_discount", value, f"{value!r} is not a discount")
                for value in ("100", "101", "-5", "12.5", "10%", "", "ten", "1e1", "١٠")
            ],
            # Fixed prices: above zero at the cent, a point before the cents.
            *[
                ("order_1|entity_product|key_a|value_b|type_fixed", value, f"{value!r} is not a price")
                for value in (
                    "0",
                    "0.00",
                    "0.004",
                    "-1",
                    "",
                    "R10",
                    "1,200.00",
                    "12,50",
                    "1 200",
                    "1E3",
                    "NaN",
                )
            ],
        ],
    )
    def test_what_is_none(self, key: str, value: str, message: str) -> None:
        problem = parse_contract(key, value, "customer")
        assert isinstance(problem, ContractProblem)
        assert message in problem.message
        assert problem.key == key
        assert problem.hint

    def test_on_a_product_it_speaks_of_customers(self) -> None:
        key = "order_1|entity_customer|key_region|value_Western Cape|type_discount"
        assert contract(key, "10", "product").owner == "product"
        problem = parse_contract(key.replace("customer", "product"), "10", "product")
        assert isinstance(problem, ContractProblem)
        assert "entity_customer" in problem.hint

    @pytest.mark.parametrize(
        "key, meant",
        [
            ("order_1|entity_product|key_a|value_b|type_fixed", True),
            ("Order_x|nonsense", True),
            ("order_note", False),
            ("balance|x", False),
        ],
    )
    def test_what_is_meant_as_one(self, key: str, meant: bool) -> None:
        assert is_contract(key) is meant

    @given(
        st.text(max_size=60) | st.from_regex(r"\Aorder_.*\|entity_.*\|key_.*\|value_.*\|type_.*\Z"),
        st.text(max_size=8),
    )
    def test_any_text_is_read_or_explained(self, key: str, value: str) -> None:
        read = parse_contract(key, value, "customer")
        assert read.hint if isinstance(read, ContractProblem) else read.amount >= 0


class TestPrice:
    @pytest.mark.parametrize(
        "customers, products, price",
        [
            # No contract, or none that matches: the normal price.
            ([], [], "100.00"),
            ([on_customer(1, "collection", "Garden", "fixed", "1")], [], "100.00"),
            ([], [on_product(1, "region", "Gauteng", "fixed", "1")], "100.00"),
            ([on_customer(1, "nowhere", "x", "fixed", "1")], [], "100.00"),
            # A discount off the normal price, a fixed price as it is.
            ([on_customer(1, "collection", "Tools", "discount", "10")], [], "90.00"),
            ([on_customer(1, "collection", "Tools", "fixed", "120")], [], "120.00"),
            ([], [on_product(1, "region", "Western Cape", "discount", "25")], "75.00"),
            ([], [on_product(1, "source_customer_code", "ACME01", "fixed", "64.50")], "64.50"),
            # A discount of 0 keeps the normal price and ends the search.
            (
                [
                    on_customer(1, "sku", "BOLT-M8", "discount", "0"),
                    on_customer(2, "vendor", "Bosch", "discount", "50"),
                ],
                [],
                "100.00",
            ),
            # Case and blanks do not matter.
            ([on_customer(1, "COLLECTION", " tools ", "discount", "10")], [], "90.00"),
            ([on_customer(1, "Range_", "PRO_LINE | BLUE", "fixed", "3")], [], "3.00"),
            # The lowest order wins, not the lowest price; what does not match is passed over.
            (
                [
                    on_customer(2, "vendor", "Bosch", "fixed", "10"),
                    on_customer(1, "collection", "Tools", "discount", "5"),
                ],
                [],
                "95.00",
            ),
            (
                [
                    on_customer(-1, "vendor", "Bosch", "fixed", "99"),
                    on_customer(0, "vendor", "Bosch", "fixed", "1"),
                ],
                [],
                "99.00",
            ),
            (
                [
                    on_customer(1, "vendor", "Makita", "fixed", "10"),
                    on_customer(9, "collection", "Tools", "discount", "5"),
                ],
                [],
                "95.00",
            ),
            (
                [on_customer(10, "vendor", "Bosch", "fixed", "10")],
                [on_product(9, "region", "Western Cape", "fixed", "20")],
                "20.00",
            ),
            # Same order: the customer's before the product's, then the lower price.
            (
                [on_customer(1, "vendor", "Bosch", "fixed", "90")],
                [on_product(1, "region", "Western Cape", "fixed", "20")],
                "90.00",
            ),
            (
                [
                    on_customer(1, "vendor", "Bosch", "fixed", "90"),
                    on_customer(1, "sku", "BOLT-M8", "discount", "15"),
                ],
                [],
                "85.00",
            ),
            (
                [],
                [
                    on_product(1, "region", "Western Cape", "fixed", "90"),
                    on_product(1, "source_customer_code", "acme01", "discount", "15"),
                ],
                "85.00",
            ),
        ],
    )
    def test_is_that_of_the_first_contract_that_matches(
        self, customers: list[Contract], products: list[Contract], price: str
    ) -> None:
        for ordered in permutations(customers):
            priced = contract_price(ordered, products, PRODUCT, CUSTOMER, BASE)
            assert str(priced.price) == price

    @pytest.mark.parametrize(
        "base, percent, price",
        [
            ("10.05", "10", "9.05"),  # 9.045 goes up
            ("0.05", "50", "0.03"),  # 0.025 goes up
            ("33.33", "33", "22.33"),  # 22.3311
            ("99.994", "50", "50.00"),  # the base is at the cent first: 99.99 / 2 = 49.995
            ("0.01", "99", None),
        ],
    )
    def test_is_rounded_half_up_to_the_cent(self, base: str, percent: str, price: str | None) -> None:
        off = on_customer(1, "vendor", "Bosch", "discount", percent)
        priced = contract_price([off], [], PRODUCT, CUSTOMER, Decimal(base))
        assert (str(priced.price) if priced.price is not None else None) == price

    @pytest.mark.parametrize("base", [None, Decimal(0), Decimal("0.004"), Decimal(-5)])
    def test_without_a_normal_price_only_a_fixed_one_helps(self, base: Decimal | None) -> None:
        off = on_customer(1, "vendor", "Bosch", "discount", "10")
        fixed = on_customer(2, "vendor", "Bosch", "fixed", "40")
        assert contract_price([], [], PRODUCT, CUSTOMER, base).price is None
        assert contract_price([fixed], [], PRODUCT, CUSTOMER, base).price == 40
        # The first that matches is used: a discount of nothing is not passed over for the next.
        priced = contract_price([off, fixed], [], PRODUCT, CUSTOMER, base)
        assert priced.price is None
        assert priced.contract == off
        assert "no price to take it off" in priced.reason
        # At the same order one that gives a price comes before one that cannot.
        same = on_customer(1, "sku", "BOLT-M8", "fixed", "40")
        assert contract_price([off, same], [], PRODUCT, CUSTOMER, base).price == 40

    def test_comes_with_the_contract_and_the_reason(self) -> None:
        off = on_customer(3, "Collection", "Tools", "discount", "10")
        priced = contract_price([off], [], PRODUCT, CUSTOMER, BASE)
        assert priced.contract == off
        assert priced.reason == "contract 3 of the customer, Collection is Tools: 10 % off R100.00"
        normal = contract_price([], [], PRODUCT, CUSTOMER, BASE)
        assert (normal.contract, normal.reason) == (None, "no contract matches, so the normal price")

    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from(["vendor", "sku", "other"]), st.integers(1, 99)),
            max_size=6,
        ),
        st.randoms(use_true_random=False),
    )
    def test_does_not_depend_on_how_the_contracts_are_sorted(
        self, made: list[tuple[int, str, int]], random: Any
    ) -> None:
        wanted = {"vendor": "Bosch", "sku": "BOLT-M8", "other": "x"}
        contracts = [on_customer(order, key, wanted[key], "fixed", str(price)) for order, key, price in made]
        before = contract_price(contracts, [], PRODUCT, CUSTOMER, BASE).price
        random.shuffle(contracts)
        assert contract_price(contracts, [], PRODUCT, CUSTOMER, BASE).price == before


class TestWhatAContractMayName:
    def test_a_core_field_comes_before_an_attribute_of_its_name_even_where_it_is_blank(self) -> None:
        core = dict.fromkeys(PRODUCT_FIELDS, "core") | {"vendor": None}
        fields = fields_of(core, {"Vendor": "Bosch", "SKU": "x", "Colour": "Red", "colour": "Blue"})
        assert fields == {
            "sku": "core",
            "title": "core",
            "collection": "core",
            "product_type": "core",
            "vendor": "",
            "colour": "Red",
        }
        by_vendor = on_customer(1, "vendor", "Bosch", "fixed", "1")
        assert contract_price([by_vendor], [], fields, {}, BASE).contract is None

    def test_a_customer_is_named_by_account_code_or_attribute(self) -> None:
        assert CUSTOMER_FIELDS == ("source_customer_code",)
        fields = fields_of({"source_customer_code": "ACME01"}, {"rep_id": "7"})
        by_rep = on_product(1, "rep_id", "7", "fixed", "1")
        assert contract_price([], [by_rep], PRODUCT, fields, BASE).price == 1
