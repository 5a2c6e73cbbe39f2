"""One hub with one channel on either simulated shop, for stories that must come out the same on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from stockwire.simulators.shopify import simulated_shopify
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import create
from stockwire.simulators.woocommerce.shop import DEFAULT_KEY


class Staff(Protocol):
    """People who work in the shop itself."""

    def rename(self, sku: str, title: str) -> None: ...
    def reprice(self, sku: str, price: str) -> None: ...
    def rename_sku(self, sku: str, new: str) -> None: ...
    def count(self, sku: str, quantity: int) -> None: ...
    def hide(self, sku: str) -> None: ...
    def copy(self, sku: str) -> None: ...
    def delete(self, sku: str) -> None: ...
    def add(self, title: str, sku: str, price: str) -> None: ...
    def price(self, sku: str) -> Decimal: ...


class WooCommerceStaff:
    def __init__(self, stand: Stand) -> None:
        self._app: Any = stand.app

    def rename(self, sku: str, title: str) -> None:
        row = self._row(sku)
        self._act("edit_product", id=row.get("parent_id") or row["id"], name=title)

    def reprice(self, sku: str, price: str) -> None:
        self._row(sku)["regular_price"] = price

    def rename_sku(self, sku: str, new: str) -> None:
        self._act("edit_product", sku=sku, new_sku=new)

    def count(self, sku: str, quantity: int) -> None:
        self._act("edit_product", sku=sku, stock_quantity=quantity)

    def hide(self, sku: str) -> None:
        row = self._row(sku)
        self._act("edit_product", id=row.get("parent_id") or row["id"], status="draft")

    def copy(self, sku: str) -> None:
        # The shop itself lets an SKU stand once; an importer, or a plugin, gets round it.
        row = self._row(sku)
        self._act("add_product", name=f"{row['name']} (copy)", sku=f"{sku}-copy", regular_price="1.00")
        self._row(f"{sku}-copy")["sku"] = sku

    def delete(self, sku: str) -> None:
        self._act("delete_product", sku=sku)

    def add(self, title: str, sku: str, price: str) -> None:
        self._act("add_product", name=title, sku=sku, regular_price=price)

    def price(self, sku: str) -> Decimal:
        return Decimal(self._row(sku)["regular_price"])

    def _row(self, sku: str) -> Any:
        rows = self._app.shop.products.values()
        return next(row for row in rows if row["sku"] == sku and row["status"] != "trash")

    def _act(self, name: str, /, **sent: Any) -> None:
        self._app.acts[name](sent)


class ShopifyStaff:
    def __init__(self, stand: Stand) -> None:
        self._shop: Any = stand.app.shop  # type: ignore[attr-defined]

    def rename(self, sku: str, title: str) -> None:
        self._shop.edit_product(sku, title=title)

    def reprice(self, sku: str, price: str) -> None:
        self._shop.edit_product(sku, price=price)

    def rename_sku(self, sku: str, new: str) -> None:
        self._shop.edit_product(sku, new_sku=new)

    def count(self, sku: str, quantity: int) -> None:
        self._shop.set_stock(sku, quantity)

    def hide(self, sku: str) -> None:
        self._shop.edit_product(sku, status="DRAFT")

    def copy(self, sku: str) -> None:
        self._shop.duplicate_sku(sku)

    def delete(self, sku: str) -> None:
        self._shop.delete_product(sku)

    def add(self, title: str, sku: str, price: str) -> None:
        self._shop.add_product(title, [{"sku": sku, "price": price}])

    def price(self, sku: str) -> Decimal:
        return Decimal(self._shop.variant(sku)["price"])


@dataclass
class Story:
    """A hub with one channel on a simulated shop. `shop()` is what the shop shows: by title, the shape and the
    stock of each SKU."""

    hub: Any
    stand: Stand
    channel_id: int
    staff: Staff
    shop: Callable[[], dict[str, dict[str, Any]]]

    def count(self, table: str) -> int:
        return int(self.hub.rows(f"select count(*) from {table}")[0][0])


def _woocommerce(hub: Any, stand: Stand) -> Story:
    keys = {"consumer_key": DEFAULT_KEY.consumer_key, "consumer_secret": DEFAULT_KEY.consumer_secret}
    channel_id = hub.new_channel(api_url=stand.url, **keys)

    def shop() -> dict[str, dict[str, Any]]:
        rows = [row for row in stand.app.state()["products"] if row["status"] != "trash"]  # type: ignore[attr-defined]
        found = {}
        for row in rows:
            if row.get("parent_id"):
                continue
            below = [one for one in rows if one.get("parent_id") == row["id"]]
            stock = {one["sku"]: one["stock_quantity"] for one in below or [row]}
            found[row["name"]] = {"variants": row["type"] == "variable", "stock": stock}
        return found

    return Story(hub, stand, channel_id, WooCommerceStaff(stand), shop)


def _shopify(hub: Any, stand: Stand) -> Story:
    held: Any = stand.app.shop  # type: ignore[attr-defined]
    channel_id = hub.new_channel(
        "shopify",
        channel_domain=stand.url,
        password=held.options.access_token,
        hmac_shared_secret=held.options.client_secret,
        qty_limit_upper="1000",
    )

    def shop() -> dict[str, dict[str, Any]]:
        found = {}
        for product in held.shelf("Product").values():
            variants = product["variants"]
            stock = {
                one["item"]["sku"]: sum(
                    level["held"]["available"] for level in one["item"]["levels"].values()
                )
                for one in variants
            }
            plain = [dict(one["chosen"]) for one in variants] == [{"Title": "Default Title"}]
            found[product["title"]] = {"variants": not plain, "stock": stock}
        return found

    return Story(hub, stand, channel_id, ShopifyStaff(stand), shop)


SHOPS = {
    "woocommerce": (create, _woocommerce),
    "shopify": (lambda: simulated_shopify(plan="enterprise"), _shopify),
}


@contextmanager
def opened(name: str, hub: Any) -> Iterator[Story]:
    """A story on the shop of SHOPS with this name."""
    app, at = SHOPS[name]
    with Stand(app()) as stand:
        yield at(hub, stand)


def hold(
    story: Story,
    code: str,
    variants: dict[str, Any],
    names: tuple[str, ...] = (),
    active: bool = True,
    **fields: Any,
) -> None:
    """The hub holds this product now: hold(story, "SHIRT", {"S-S": ("S", 5)}, names=("Size",)). `fields` are the
    product's own.

    A variant given as None is not active any more. Its product is marked as after a change of the source.
    """
    from stockwire.hub import models
    from stockwire.hub.sync.stale import mark_products

    with story.hub.scope():
        owned = {"client_id": story.hub.client_id, "source_id": story.hub.source_id}
        product, _ = models.Product.objects.update_or_create(
            **owned,
            source_product_code=code,
            defaults={"active": active, "title": f"Item {code}", "option_names": list(names), **fields},
        )
        left = set()
        for sku, given in variants.items():
            value, quantity = given or ("", 0)
            before = models.Variant.objects.filter(**owned, source_variant_code=sku).first()
            left |= {before.product_id} - {product.pk} if before else set()
            variant, _ = models.Variant.objects.update_or_create(
                **owned,
                source_variant_code=sku,
                defaults={
                    "product": product,
                    "sku": sku,
                    "active": given is not None,
                    "option_values": [value] if names else [],
                },
            )
            story.hub.owner.execute("delete from price_tiers where variant_id = %s", [variant.pk])
            story.hub.owner.execute("delete from quantities where variant_id = %s", [variant.pk])
            mine = {"client_id": story.hub.client_id, "variant": variant}
            models.PriceTier.objects.create(**mine, tier="retail", price=100)
            models.Quantity.objects.create(**mine, warehouse="", quantity=quantity)
        models.Product.objects.filter(pk__in=left, variant=None).update(active=False)
        mark_products([product.pk, *left], "a test")
