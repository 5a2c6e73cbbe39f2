"""A simulated Shopify shop as the contract wants one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.connectors.contract.shop import OnShelf

from stockwire.connectors.shopify import ShopifySettings
from stockwire.connectors.shopify import connector as shopify
from stockwire.connectors.shopify.facts import forget as forget_shop
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import ensure_definition, find_by_sku
from stockwire.connectors.shopify.operations import VARIANTS_CREATE, Write, together
from stockwire.connectors.shopify.places import default_location, publications
from stockwire.connectors.shopify.webhooks import signature_of as shopify_signature_of
from stockwire.ports import Channel, ChannelConnector
from stockwire.simulators.shopify import simulated_shopify
from stockwire.simulators.shopify.hook_payloads import encoded
from stockwire.simulators.shopify.hook_payloads import of as payload_of
from stockwire.simulators.shopify.media import from_url
from stockwire.simulators.stand import Stand


@dataclass
class ShopifyShop:
    """A simulated Shopify shop. Its owner acts on the shop itself, and a moment before anybody looks: what
    people do is older than the shop's search, which lags behind."""

    app: Any
    stand: Stand
    connector: ChannelConnector = shopify
    write_path: str = "#mutation (productSet|inventory|productVariants|productUpdate)"
    variant_write_path: str = "#mutation (productSet|productVariants|inventory)"
    order_path: str = "#query orders?$"
    most_stock: int = 1_000_000_000
    wrong_credentials: Mapping[str, str] = field(
        default_factory=lambda: {"password": "shpat_wrong0000000000000000000000000"}
    )
    gives_out_secrets: bool = False
    with_pictures: Mapping[str, str] = field(default_factory=lambda: {"block_image_enabled": "false"})
    ship_path: str = "#mutation fulfillment"
    _opened: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        forget_shop(self.settings().base_url)
        # The first calls make the simulator read its schema and documents: not while a short time-out runs.
        line = Line(self.open().api)
        find_by_sku(line, ["warm"])
        ensure_definition(line)
        default_location(line, self.settings())
        publications(line, self.settings())

    def settings(self, **given: Any) -> ShopifySettings:
        options = self.app.shop.options
        filled = {
            "channel_domain": self.stand.url,
            "password": options.access_token,
            "hmac_shared_secret": options.client_secret,
        }
        return ShopifySettings(**{**filled, **given})

    def open(self, **given: Any) -> Channel:
        channel = self.connector.open(self.settings(**given))
        self._opened.callback(channel.close)
        return channel

    def close(self) -> None:
        self._opened.close()

    def on_shelf(self, sku: str) -> Sequence[OnShelf]:
        return [
            OnShelf(
                str(variant["product"]["number"]),
                variant["product"]["title"],
                Decimal(str(variant["price"])),
                _available(variant),
            )
            for variant in self.app.shop.shelf("ProductVariant").values()
            if variant["item"]["sku"] == sku
        ]

    def shelve(self, sku: str) -> str:
        return self._made(self.app.shop.add_product("Made by hand", [{"sku": sku, "price": "1.00"}]))

    def shelve_something_else(self, sku: str) -> None:
        variants = [
            {"sku": sku, "price": "5.00", "options": {"Size": "S"}},
            {"sku": f"{sku} other", "price": "5.00", "options": {"Size": "M"}},
        ]
        self._made(self.app.shop.add_product("In sizes", variants))

    def discard(self, code: str) -> None:
        variant = self._product(code)["variants"][0]
        self.app.shop.delete_product(variant["item"]["sku"])
        self.app.shop.advance(5)

    def below(self, code: str) -> Mapping[str, OnShelf]:
        return {
            variant["item"]["sku"]: OnShelf(
                str(variant["number"]),
                "",
                Decimal(str(variant["price"])),
                _available(variant),
                variant["item"]["sku"],
                dict(variant["chosen"]),
            )
            for variant in self._product(code)["variants"]
        }

    def named(self, title: str) -> Sequence[str]:
        found = self.app.shop.shelf("Product").values()
        return [str(product["number"]) for product in found if product["title"] == title]

    def shelve_variants(self, names: Sequence[str], variants: Mapping[str, Sequence[str]]) -> str:
        rows = [
            {"sku": sku, "price": "5.00", "options": dict(zip(names, values, strict=True))}
            for sku, values in variants.items()
        ]
        return self._made(self.app.shop.add_product("In sizes", rows))

    def shelve_below(self, code: str, sku: str, values: Mapping[str, str]) -> None:
        chosen = [{"optionName": name, "name": value} for name, value in values.items()]
        row = {"inventoryItem": {"sku": sku}, "price": "5.00", "optionValues": chosen}
        given = {"productId": self._product(code)["id"], "variants": [row]}
        payload = self.open().api.run(*together("ByHand", [Write(VARIANTS_CREATE, given)])).root("w0")
        assert not payload["userErrors"], payload
        self.app.shop.advance(5)

    def pictures(self, code: str) -> Sequence[str]:
        return [str(picture["number"]) for picture in self._product(code)["media"]]

    def hang(self, code: str, address: str) -> None:
        self._product(code)["media"].append(from_url(self.app.shop, address))
        self.app.shop.advance(5)

    def address(self, name: str) -> str:
        return f"https://images.example/{name}.png"

    def told(self, code: str) -> Sequence[str]:
        fulfilments = self.app.shop.shelf("Order")[int(code)]["fulfilments"]
        return [json.dumps(one["tracking"]) for one in fulfilments]

    def word(self, status: str) -> str:
        return {"processing": "paid", "on-hold": "pending", "completed": "paid"}.get(status, status)

    def number_of(self, code: str) -> str:
        return str(self.app.shop.shelf("Order")[int(code)]["name"])

    def place_order(self, lines: Mapping[str, int], status: str = "processing") -> str:
        rows = [
            {"sku": self._product(code)["variants"][0]["item"]["sku"], "quantity": quantity}
            for code, quantity in lines.items()
        ]
        order = self.app.shop.place_order("guest", lines=rows, paid=status != "on-hold")
        self.app.shop.advance(5)
        return str(order["number"])

    def set_status(self, code: str, status: str) -> None:
        order = self.app.shop.shelf("Order")[int(code)]
        if status == "cancelled":
            self.app.shop.cancel_order(int(code))
        elif order["transactions"]:
            # Paid already: staff write something into it, which changes it all the same.
            self.app.shop.edit_order(int(code), add=[{"sku": _first_sku(order), "quantity": 1}])
        else:
            self.app.shop.mark_paid(int(code))
        self.app.shop.advance(5)

    def settle(self) -> None:
        self.app.shop.advance(5)

    def webhook_is_off(self) -> bool:
        # The shop tries eight times over four hours; its clock is moved through them.
        self.app.shop.advance(3600)
        self.app.shop.webhooks_settled()
        held = self.app.shop.shelf("WebhookSubscription").values()
        return "ORDERS_UPDATED" not in {hook["topic"] for hook in held}

    def delete_order(self, code: str) -> None:
        self.app.shop.delete_order(int(code))

    def delivery(self, code: str) -> tuple[Mapping[str, str], bytes]:
        order = self.app.shop.shelf("Order")[int(code)]
        body = encoded(payload_of(self.app.shop, "ORDERS_UPDATED", order))
        signature = shopify_signature_of(self.app.shop.options.client_secret, body)
        return {"X-Shopify-Topic": "orders/updated", "X-Shopify-Hmac-Sha256": signature}, body

    def _product(self, code: str) -> Any:
        return self.app.shop.shelf("Product")[int(code)]

    def _made(self, product: Any) -> str:
        self.app.shop.advance(5)
        return str(product["number"])


def _available(variant: Any) -> int:
    return sum(level["held"]["available"] for level in variant["item"]["levels"].values())


def _first_sku(order: Any) -> str:
    return str(order["lines"][0]["sku"])


@contextmanager
def simulated_shopify_shop() -> Iterator[ShopifyShop]:
    # The largest plan, so that nobody waits for points; what waits is tested with a clock of its own.
    app = simulated_shopify(plan="enterprise")
    with Stand(app) as stand:
        shop = ShopifyShop(app, stand)
        try:
            yield shop
        finally:
            shop.close()
            app.close()
