"""What one customer pays: contract first, then the customer's own list, then the channel's; and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stockwire.errors import Refused


@pytest.fixture
def shop(hub: Any) -> Any:
    """A channel, two customers and one product with two price lists and two warehouses."""
    from stockwire.hub import models

    channel_id = hub.new_channel(
        api_url="https://shop.example.com", consumer_key="ck_1", consumer_secret="cs_1"
    )
    with hub.scope():
        owned = {"client_id": hub.client_id}
        product = models.Product.objects.create(
            **owned,
            source_id=hub.source_id,
            source_product_code="BOLT",
            active=True,
            title="Hex bolt",
            vendor="Karoo",
        )
        variant = models.Variant.objects.create(
            **owned, source_id=hub.source_id, product=product, source_variant_code="BOLT", sku="BOLT"
        )
        for tier, price in (("retail", 100), ("trade", 80)):
            models.PriceTier.objects.create(**owned, variant=variant, tier=tier, price=price)
        for warehouse, quantity in (("JHB", 5), ("CPT", 9)):
            models.Quantity.objects.create(**owned, variant=variant, warehouse=warehouse, quantity=quantity)
        for code, tier, warehouse in (("CASH", "", ""), ("KAROO001", "trade", "CPT")):
            models.Customer.objects.create(
                **owned,
                channel_id=channel_id,
                source_id=hub.source_id,
                source_customer_code=code,
                username=code.lower(),
                price_tier=tier,
                warehouse=warehouse,
            )
    hub.channel_id = channel_id
    return hub


def asked(hub: Any, account: str, sku: str = "bolt") -> Any:
    from stockwire.hub.sync.customer_price import customer_price

    with hub.scope():
        return customer_price(hub.channel_id, account, sku)


def contract(hub: Any, account: str, key: str, value: str) -> None:
    from stockwire.hub import models

    with hub.scope():
        customer = models.Customer.objects.get(source_customer_code=account)
        models.CustomerMeta.objects.create(client_id=hub.client_id, customer=customer, key=key, value=value)


def test_without_anything_of_his_own_a_customer_has_the_channels_list_and_warehouses(shop: Any) -> None:
    found = asked(shop, "CASH")
    assert (found.price, found.price_reason) == (Decimal("100.00"), "price list retail")
    assert (found.quantity, found.quantity_reason) == (14, "14 available")


def test_a_customers_own_list_and_warehouse_win_over_the_channels(shop: Any) -> None:
    found = asked(shop, "KAROO001")
    assert (found.price, found.price_reason) == (Decimal("80.00"), "price list trade")
    assert (found.quantity, found.quantity_reason) == (9, "9 available in CPT")


def test_a_contract_wins_over_every_list(shop: Any) -> None:
    contract(shop, "KAROO001", "order_1|entity_product|key_vendor|value_karoo|type_discount", "10")
    found = asked(shop, "KAROO001")
    assert found.price == Decimal("72.00")
    assert "contract 1 of the customer" in found.price_reason


def test_a_contract_that_cannot_be_read_is_named_and_changes_nothing(shop: Any) -> None:
    contract(shop, "CASH", "order_x|entity_product|key_vendor|value_karoo|type_discount", "10")
    found = asked(shop, "CASH")
    assert found.price == Decimal("100.00")
    [problem] = found.problems
    assert "order_x" in problem


@pytest.mark.parametrize(
    ("account", "sku", "said"),
    [("NOBODY", "BOLT", "has no customer with the account NOBODY"), ("CASH", "NUT", "There is no SKU NUT")],
)
def test_what_does_not_exist_is_named(shop: Any, account: str, sku: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(shop, account, sku)
    assert said in refused.value.message


def test_a_list_of_his_own_that_lacks_the_item_is_not_replaced_by_the_channels(shop: Any) -> None:
    shop.owner.execute("delete from price_tiers where tier = 'trade'")
    found = asked(shop, "KAROO001")
    assert (found.price, found.price_reason) == (None, "BOLT has no price in the price list 'trade'.")
    contract(shop, "KAROO001", "order_1|entity_product|key_vendor|value_Karoo|type_discount", "10")
    assert "but there is no price to take it off" in asked(shop, "KAROO001").price_reason
    contract(shop, "KAROO001", "order_0|entity_product|key_vendor|value_Karoo|type_fixed", "70")
    assert asked(shop, "KAROO001").price == Decimal("70.00")


def test_a_warehouse_of_his_own_without_the_item_has_none_of_it(shop: Any) -> None:
    shop.owner.execute("delete from quantities where warehouse = 'CPT'")
    found = asked(shop, "KAROO001")
    assert (found.quantity, found.quantity_reason) == (0, "0 available (no stock record in CPT)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update products set active = false", "not offered: it is set to DELETE in the source, or gone from it"),
        ("update variants set active = false", "not offered: this variant is not active any more"),
        ("insert into channel_rules (client_id, channel_id, position, field, operator, value)"
         " select client_id, id, 0, 'vendor', 'equal', 'Bosveld' from channels",
         "not offered: rule: vendor equal Bosveld; it is Karoo"),
    ],
)  # fmt: skip
def test_what_the_channel_does_not_offer_has_no_price_for_anybody(shop: Any, change: str, said: str) -> None:
    shop.owner.execute(change)
    found = asked(shop, "CASH")
    assert (found.price, found.price_reason, found.quantity, found.quantity_reason) == (None, said, 0, said)
