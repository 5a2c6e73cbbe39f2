"""Every channel connector over every shop it can be tried on: a simulator, and a real shop when one is given.

A new connector adds one rig to SIMULATED and its name to CONNECTORS. A rig is the shop as its owner sees it: it
looks at what is really there, without the code under test deciding what that means. Tests of what not every
channel can do run over those whose capabilities say so (`shop_with_variants` and the like), and a rig without
a capability needs none of its methods. A real WooCommerce shop is used as well when
STOCKWIRE_CONTRACT_WOOCOMMERCE_URL, _KEY and _SECRET are in the environment; everything made there starts
with a mark of the run and is deleted afterwards. STOCKWIRE_CONTRACT_PICTURES is then an address that has the
pictures front.png, side.png and back.png.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

import pytest

from stockwire.connectors.shopify import ShopifySettings
from stockwire.connectors.shopify import connector as shopify
from stockwire.connectors.shopify.facts import forget as forget_shop
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import ensure_definition, find_by_sku
from stockwire.connectors.shopify.operations import VARIANTS_CREATE, Write, together
from stockwire.connectors.shopify.places import default_location, publications
from stockwire.connectors.shopify.webhooks import signature_of as shopify_signature_of
from stockwire.connectors.woocommerce import WooCommerceSettings
from stockwire.connectors.woocommerce import connector as woocommerce
from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.pace import forget
from stockwire.connectors.woocommerce.webhooks import signature_of
from stockwire.domain.records import Image
from stockwire.ports import (
    Action,
    Change,
    Channel,
    ChannelConnector,
    FieldChange,
    Group,
    Link,
    VariantChange,
)
from stockwire.simulators.shopify import simulated_shopify
from stockwire.simulators.shopify.hook_payloads import encoded
from stockwire.simulators.shopify.hook_payloads import of as payload_of
from stockwire.simulators.shopify.media import from_url
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import create as simulated_woocommerce

GROUPS = {
    "price": Group.PRICE,
    "compare_at": Group.PRICE,
    "quantity": Group.STOCK,
    "inventory_management": Group.STOCK,
    "images": Group.IMAGES,
}


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A product, or a variant of one, as the shop's owner sees it. `options` are what buyers choose it by."""

    code: str
    title: str
    price: Decimal | None
    quantity: int | None
    sku: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class Shop(Protocol):
    """What the contract needs of a shop besides the connector. `stand` is None for a real shop."""

    connector: ChannelConnector
    stand: Stand | None
    write_path: str

    def open(self, **given: Any) -> Channel: ...

    def settings(self, **given: Any) -> Any: ...

    def on_shelf(self, sku: str) -> Sequence[OnShelf]: ...

    def shelve(self, sku: str) -> str:
        """The owner makes a product by hand."""
        ...

    def shelve_something_else(self, sku: str) -> None:
        """The owner gives the SKU to something that is no simple product."""
        ...

    def discard(self, code: str) -> None:
        """The owner deletes a product for good."""
        ...

    def below(self, code: str) -> Mapping[str, OnShelf]:
        """The variants of a product by SKU. Needed with variants, as are the four that follow."""
        ...

    def named(self, title: str) -> Sequence[str]:
        """The codes of all products with this title that are not thrown away."""
        ...

    def shelve_variants(self, names: Sequence[str], variants: Mapping[str, Sequence[str]]) -> str:
        """The owner makes a product with variants by hand: option values by SKU."""
        ...

    def shelve_below(self, code: str, sku: str, values: Mapping[str, str]) -> None:
        """The owner adds a variant by hand."""
        ...

    variant_write_path: str
    """Part of the address of calls that write variants of a product that is there already."""

    order_path: str
    """Part of the address of calls that read orders."""

    most_stock: int
    """The largest quantity the shop takes."""

    wrong_credentials: Mapping[str, str]
    """Settings the shop does not accept."""

    gives_out_secrets: bool
    """True where webhooks are signed with a secret of ours, False where it is the shop's to give."""

    def word(self, status: str) -> str:
        """What the channel calls an order that is processing, on-hold, completed or cancelled."""
        ...

    def number_of(self, code: str) -> str:
        """The number that people see."""
        ...

    def pictures(self, code: str) -> Sequence[str]:
        """What tells the pictures of a product apart, in their order. Needed with images, as are the next."""
        ...

    def hang(self, code: str, address: str) -> None:
        """The owner adds a picture by hand, behind the others."""
        ...

    def address(self, name: str) -> str:
        """Where the shop can fetch a picture."""
        ...

    with_pictures: Mapping[str, str]
    """Settings with which pictures are sent."""

    def told(self, code: str) -> Sequence[str]:
        """What the shop was told of shipments of an order, each once: texts that name the tracking number.
        Needed with fulfilment, as is the next."""
        ...

    ship_path: str
    """Part of the address of calls that tell of a shipment."""

    def place_order(self, lines: Mapping[str, int], status: str = "processing") -> str: ...

    def set_status(self, code: str, status: str) -> None: ...

    def settle(self) -> None:
        """The shop's own search has caught up with everything."""
        ...

    def webhook_is_off(self) -> bool:
        """The shop has given up the webhook of changed orders."""
        ...

    def delete_order(self, code: str) -> None: ...

    def delivery(self, code: str) -> tuple[Mapping[str, str], bytes]:
        """A webhook of this order, signed as the shop signs."""
        ...


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
        # Shopify takes each combination of values once: the owner's own variant gets one of its own.
        chosen = [{"optionName": name, "name": f"{value} of mine"} for name, value in values.items()]
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


REAL_PARTS = ("URL", "KEY", "SECRET")
OpenShop = Callable[[], AbstractContextManager[Shop]]
SIMULATED: dict[str, OpenShop] = {
    "woocommerce": simulated_woocommerce_shop,
    "shopify": simulated_shopify_shop,
}
REAL: dict[str, OpenShop] = (
    {"woocommerce-real": real_woocommerce_shop}
    if all(f"STOCKWIRE_CONTRACT_WOOCOMMERCE_{part}" in os.environ for part in REAL_PARTS)
    else {}
)


CONNECTORS: dict[str, ChannelConnector] = {
    "woocommerce": woocommerce,
    "woocommerce-real": woocommerce,
    "shopify": shopify,
}


def able(capability: str, rigs: Mapping[str, OpenShop]) -> list[str]:
    """The rigs whose connector says that it can do this."""
    return [name for name in rigs if getattr(CONNECTORS[name].capabilities, capability)]


@pytest.fixture(params=able("variants", {**SIMULATED, **REAL}))
def shop_with_variants(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that knows products with variants."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("variants", SIMULATED))
def simulated_with_variants(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that knows products with variants and can be made to fail."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("shelf", {**SIMULATED, **REAL}))
def shop_with_shelf(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can list what it holds."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("shelf", SIMULATED))
def simulated_with_shelf(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every simulated shop that can list what it holds."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("fulfilment", {**SIMULATED, **REAL}))
def shop_that_ships(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can be told of shipments."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("fulfilment", SIMULATED))
def simulated_that_ships(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can be told of shipments and can be made to fail."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("images", {**SIMULATED, **REAL}))
def shop_with_pictures(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that takes pictures."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=[*SIMULATED, *REAL])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop there is."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=[*SIMULATED])
def simulated(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can be made to fail; its `stand` is never None."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture
def sku() -> Callable[..., str]:
    """A SKU that no other run has used."""
    mark = f"SW-{secrets.token_hex(4).upper()}"
    return lambda name="1": f"{mark}-{name}"


def _fields(values: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(GROUPS.get(name, Group.CONTENT), name, None, value) for name, value in values.items()
    )


@pytest.fixture
def add() -> Callable[..., Change]:
    """A change that puts a whole product into the shop."""

    def make(sku: str, **given: Any) -> Change:
        whole = {
            "title": f"Title of {sku}",
            "price": Decimal("12.50"),
            "quantity": 7,
            "inventory_management": True,
            "active": True,
        }
        return Change(sku, sku, Action.ADD, _fields({**whole, **given}))

    return make


@pytest.fixture
def with_pictures() -> Callable[..., Change]:
    """The same change with these pictures, by (address, content hash), in this order."""

    def make(change: Change, *pictures: tuple[str, str]) -> Change:
        images = tuple(Image(src, content) for src, content in pictures)
        wanted = FieldChange(Group.IMAGES, "images", None, tuple(image.identity for image in images))
        return replace(change, fields=(*change.fields, wanted), images=images)

    return make


@pytest.fixture
def update() -> Callable[..., Change]:
    def make(sku: str, link: Link | str, **given: Any) -> Change:
        return Change(sku, sku, Action.UPDATE, _fields(given), Link(link) if isinstance(link, str) else link)

    return make


@pytest.fixture
def remove() -> Callable[..., Change]:
    def make(sku: str, link: Link | str) -> Change:
        return Change(sku, sku, Action.REMOVE, (), Link(link) if isinstance(link, str) else link)

    return make


Variants = Mapping[str, Sequence[str]]


@pytest.fixture
def variants() -> Callable[..., tuple[VariantChange, ...]]:
    """Variants to add: option values by SKU. `prices` and other fields may be given by SKU as well."""

    def make(values: Variants, prices: Mapping[str, str] | None = None, **given: Any) -> Any:
        whole = {"quantity": 7, "inventory_management": True}
        return tuple(
            VariantChange(
                f"key of {sku}",
                sku,
                Action.ADD,
                _fields(
                    {
                        "price": Decimal((prices or {}).get(sku, "12.50")),
                        "option_values": tuple(chosen),
                        **whole,
                        **given,
                    }
                ),
                option_values=tuple(chosen),
            )
            for sku, chosen in values.items()
        )

    return make


@pytest.fixture
def add_family(variants: Callable[..., tuple[VariantChange, ...]]) -> Callable[..., Change]:
    """A change that puts a whole product with variants into the shop."""

    def make(code: str, values: Variants, names: Sequence[str] = ("Size", "Colour"), **given: Any) -> Change:
        of_variants = {name: given.pop(name) for name in ("prices", "quantity") if name in given}
        whole = {
            "title": f"Title of {code}",
            "active": True,
            "option_names": tuple(names),
            **given,
        }
        return Change(
            code,
            code,
            Action.ADD,
            _fields(whole),
            code=code,
            option_names=tuple(names),
            variants=variants(values, **of_variants),
        )

    return make


@pytest.fixture
def update_family() -> Callable[..., Change]:
    """A change of a product with variants that is linked. Each variant as (action, sku, link, values, fields)."""

    def make(
        code: str,
        link: Link,
        *changed: tuple[Action, str, Link | None, Sequence[str], Mapping[str, Any]],
        names: Sequence[str] = ("Size", "Colour"),
        **given: Any,
    ) -> Change:
        below = tuple(
            VariantChange(f"key of {sku}", sku, action, _fields(fields), linked, tuple(values))
            for action, sku, linked, values, fields in changed
        )
        return Change(
            code,
            code,
            Action.UPDATE,
            _fields(given),
            link,
            code=code,
            option_names=tuple(names),
            variants=below,
        )

    return make
