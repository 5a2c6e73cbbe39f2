"""A WooCommerce shop as the contract wants one: simulated, or a real one when its keys are in the environment.

What is made in a real one is deleted afterwards.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.connectors.contract.shop import OnShelf

from stockwire.connectors.woocommerce import WooCommerceSettings
from stockwire.connectors.woocommerce import connector as woocommerce
from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.pace import forget
from stockwire.connectors.woocommerce.webhooks import signature_of
from stockwire.ports import Channel, ChannelConnector
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import create as simulated_woocommerce

REAL_PARTS = ("URL", "KEY", "SECRET")


@dataclass
class WooCommerceShop:
    url: str
    key: str
    secret: str
    stand: Stand | None = None
    connector: ChannelConnector = woocommerce
    write_path: str = "/products/batch"
    variant_write_path: str = "/variations/batch"
    order_path: str = "/orders"
    most_stock: int = 2_147_483_647
    wrong_credentials: Mapping[str, str] = field(
        default_factory=lambda: {"consumer_secret": "cs_0000000000000000"}
    )
    gives_out_secrets: bool = True
    pictures_at: str = "https://images.example"
    with_pictures: Mapping[str, str] = field(default_factory=dict)
    ship_path: str = "/notes"
    _opened: ExitStack = field(default_factory=ExitStack)
    _made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._api = Api(self.settings())
        forget(self.settings().rest_url)

    def settings(self, **given: Any) -> WooCommerceSettings:
        filled = {
            "api_url": self.url,
            "consumer_key": self.key,
            "consumer_secret": self.secret,
            "hmac_shared_secret": "whsec-contract",
        }
        return WooCommerceSettings(**{**filled, **given})

    def open(self, **given: Any) -> Channel:
        channel = self.connector.open(self.settings(**given))
        self._opened.callback(channel.close)
        return channel

    def close(self) -> None:
        self._opened.close()
        if self.stand is None:
            for path in self._made:
                self._api.call("DELETE", path, {"force": "true"}, accept=(400, 404))
        self._api.close()

    def on_shelf(self, sku: str) -> Sequence[OnShelf]:
        rows = self._api.get("/products", {"sku": sku, "per_page": "100"}).body
        for row in rows:
            self._made.append(f"/products/{row['id']}")
        return [
            OnShelf(
                str(row["id"]),
                html.unescape(row["name"]),
                Decimal(row["regular_price"]) if row["regular_price"] else None,
                row["stock_quantity"],
            )
            for row in rows
        ]

    def shelve(self, sku: str) -> str:
        body = {"name": "Made by hand", "sku": sku, "regular_price": "1.00", "status": "publish"}
        made = self._api.call("POST", "/products", body=body).body
        self._made.append(f"/products/{made['id']}")
        return str(made["id"])

    def shelve_something_else(self, sku: str) -> None:
        attributes = [{"name": "Size", "variation": True, "visible": True, "options": ["S", "M"]}]
        parent = {"name": "In sizes", "type": "variable", "attributes": attributes}
        made = self._api.call("POST", "/products", body=parent).body
        self._made.append(f"/products/{made['id']}")
        child = {"sku": sku, "regular_price": "5.00", "attributes": [{"name": "Size", "option": "S"}]}
        self._api.call("POST", f"/products/{made['id']}/variations", body=child)

    def discard(self, code: str) -> None:
        self._api.call("DELETE", f"/products/{code}", {"force": "true"})

    def below(self, code: str) -> Mapping[str, OnShelf]:
        rows = self._api.get(f"/products/{code}/variations", {"per_page": "100"}).body
        return {
            row["sku"]: OnShelf(
                str(row["id"]),
                "",
                Decimal(row["regular_price"]) if row["regular_price"] else None,
                row["stock_quantity"],
                row["sku"],
                {chosen["name"]: chosen["option"] for chosen in row["attributes"]},
            )
            for row in rows
        }

    def named(self, title: str) -> Sequence[str]:
        # The shop may keep & as &amp;, so it is asked for one word.
        word = max(re.findall(r"[\w-]+", title), key=len)
        rows = self._api.get("/products", {"search": word, "per_page": "100"}).body
        codes = [str(row["id"]) for row in rows if html.unescape(row["name"]) == title]
        self._made += [f"/products/{code}" for code in codes]
        return codes

    def shelve_variants(self, names: Sequence[str], variants: Mapping[str, Sequence[str]]) -> str:
        offered = [
            list(dict.fromkeys(values[at] for values in variants.values())) for at in range(len(names))
        ]
        attributes = [
            {"name": name, "variation": True, "visible": True, "options": options}
            for name, options in zip(names, offered, strict=True)
        ]
        parent = {"name": "In sizes", "type": "variable", "attributes": attributes}
        made = self._api.call("POST", "/products", body=parent).body
        self._made.append(f"/products/{made['id']}")
        for sku, values in variants.items():
            self.shelve_below(str(made["id"]), sku, dict(zip(names, values, strict=True)))
        return str(made["id"])

    def shelve_below(self, code: str, sku: str, values: Mapping[str, str]) -> None:
        chosen = [{"name": name, "option": value} for name, value in values.items()]
        child = {"sku": sku, "regular_price": "5.00", "attributes": chosen}
        self._api.call("POST", f"/products/{code}/variations", body=child)

    def pictures(self, code: str) -> Sequence[str]:
        return [str(image["id"]) for image in self._api.get(f"/products/{code}").body["images"]]

    def hang(self, code: str, address: str) -> None:
        images = [{"id": int(number)} for number in self.pictures(code)]
        self._api.call("PUT", f"/products/{code}", body={"images": [*images, {"src": address}]})

    def address(self, name: str) -> str:
        return f"{self.pictures_at}/{name}.png"

    def told(self, code: str) -> Sequence[str]:
        notes = self._api.get(f"/orders/{code}/notes").body
        return [row["note"] for row in notes if "Reference:" in row["note"]]

    def place_order(self, lines: Mapping[str, int], status: str = "processing") -> str:
        items = [{"product_id": int(code), "quantity": quantity} for code, quantity in lines.items()]
        person = {
            "first_name": "Thandi",
            "last_name": "Mokoena",
            "country": "ZA",
            "email": "thandi@example.com",
        }
        body = {"status": status, "billing": person, "shipping": {"country": "ZA"}, "line_items": items}
        made = self._api.call("POST", "/orders", body=body).body
        self._made.append(f"/orders/{made['id']}")
        return str(made["id"])

    def word(self, status: str) -> str:
        return status

    def number_of(self, code: str) -> str:
        return f"#{code}"

    def settle(self) -> None:
        pass

    def webhook_is_off(self) -> bool:
        assert self.stand is not None
        return "disabled" in {hook["status"] for hook in self.stand.app.state()["webhooks"]}

    def set_status(self, code: str, status: str) -> None:
        self._api.call("PUT", f"/orders/{code}", body={"status": status})

    def delete_order(self, code: str) -> None:
        self._api.call("DELETE", f"/orders/{code}", {"force": "true"})

    def delivery(self, code: str) -> tuple[Mapping[str, str], bytes]:
        body = json.dumps(self._api.get(f"/orders/{code}").body).encode()
        headers = {
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Signature": signature_of("whsec-contract", body),
        }
        return headers, body


@contextmanager
def simulated_woocommerce_shop() -> Iterator[WooCommerceShop]:
    app = simulated_woocommerce(webhook_delay_s=0.0)
    key = app.shop.options.keys[0]
    with Stand(app) as stand:
        shop = WooCommerceShop(stand.url, key.consumer_key, key.consumer_secret, stand)
        try:
            yield shop
        finally:
            shop.close()
            app.close()


@contextmanager
def real_woocommerce_shop() -> Iterator[WooCommerceShop]:
    shop = WooCommerceShop(*(os.environ[f"STOCKWIRE_CONTRACT_WOOCOMMERCE_{part}"] for part in REAL_PARTS))
    shop.pictures_at = os.environ.get("STOCKWIRE_CONTRACT_PICTURES", shop.pictures_at)
    try:
        yield shop
    finally:
        shop.close()
