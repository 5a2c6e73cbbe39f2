"""A Change as WooCommerce's product fields, and a product of theirs as our field names. Pure.

The shop does not protect itself: a price that is no number wipes the price, a decimal comma multiplies it by
100, and rows of a batch are not checked at all. So nothing leaves here that was not checked first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stockwire.amounts import decimal_or_none, money, number, quantity
from stockwire.connectors.woocommerce.product_map import MOST_STOCK, mapped
from stockwire.connectors.woocommerce.setting_types import WeightUnit
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import Refused
from stockwire.ports import Action, Change, Value, VariantChange

_GRAMS_PER = {
    WeightUnit.KG: Decimal(1000),
    WeightUnit.G: Decimal(1),
    WeightUnit.LBS: Decimal("453.59237"),
    WeightUnit.OZ: Decimal("28.349523125"),
}
_BARCODE = re.compile(r"[0-9-]*")
_GONE = {"trash", "auto-draft"}


@dataclass(frozen=True, slots=True)
class Row:
    """One product as it goes to the shop: its fields without id and SKU, and words for the operator."""

    fields: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """What the shop holds now: its regular price and its sale price, None where empty."""

    regular: Decimal | None
    sale: Decimal | None


def sku_key(sku: str) -> str:
    """What makes two SKUs the same one for the shop: it ignores case and outer blanks, nothing else.

    815 and 000815 stay different (recorded on WooCommerce 10.0.2).
    """
    return sku.strip().casefold()


def row_of(
    change: Change | VariantChange,
    settings: WooCommerceSettings,
    *,
    creating: bool = False,
    held: Prices | None = None,
) -> Row:
    """The fields to send for an ADD or UPDATE. `held` is needed when `needs_held_prices` says so.

    Raises Refused naming the SKU for a value that must not reach a shop.
    """
    wanted = {field.name: field.after for field in change.fields}
    fields: dict[str, Any] = {}
    notes: list[str] = []
    made = mapped(change.sku, wanted, settings, notes)
    _put_content(change, wanted, settings, fields, notes, creating=creating, title=made.get("name"))
    _put_prices(change.sku, wanted, settings, fields, notes, held=held)
    if settings.inventory_management:
        _put_stock(change.sku, wanted, fields, notes)
    return Row({**fields, **made}, tuple(notes))


def family_row_of(change: Change, settings: WooCommerceSettings, *, creating: bool = False) -> Row:
    """As `row_of`, for a product with variants: prices and stock stand on its variations."""
    wanted = {field.name: field.after for field in change.fields}
    fields: dict[str, Any] = {}
    notes: list[str] = []
    made = mapped(change.sku, wanted, settings, notes, is_family=True)
    _put_content(change, wanted, settings, fields, notes, creating=creating, title=made.get("name"))
    if creating:
        fields["type"] = "variable"
    return Row({**fields, **made}, tuple(notes))


def variation_row_of(
    change: VariantChange, settings: WooCommerceSettings, *, held: Prices | None = None
) -> Row:
    """As `row_of`, for one variation. The shop makes its name out of its options."""
    wanted = {field.name: field.after for field in change.fields}
    fields: dict[str, Any] = {}
    notes: list[str] = []
    _put_measures(change.sku, wanted, settings, fields, notes)
    if "active" in wanted:
        fields["status"] = "publish" if wanted["active"] else "private"
    _put_prices(change.sku, wanted, settings, fields, notes, held=held)
    if settings.inventory_management:
        _put_stock(change.sku, wanted, fields, notes)
    fields |= mapped(change.sku, wanted, settings, notes, is_variation=True)
    return Row(fields, tuple(notes))


def needs_held_prices(change: Change | VariantChange) -> bool:
    """True when compare_at changes alone: the shop keeps both prices in two fields that hang together."""
    names = {field.name for field in change.fields}
    return change.action is Action.UPDATE and "compare_at" in names and "price" not in names


def prices_of(product: Mapping[str, Any]) -> Prices:
    return Prices(decimal_or_none(product.get("regular_price")), decimal_or_none(product.get("sale_price")))


def seen_of(product: Mapping[str, Any], settings: WooCommerceSettings) -> dict[str, Value]:
    """Their product or variation under our field names. Names come HTML-escaped (`Bolts &amp; nuts`) and are
    unescaped. A variable product has neither price nor stock of its own; a variation no title.
    """
    seen: dict[str, Value] = {"active": product.get("status") in {"publish", "private"}}
    kind = product.get("type")
    if kind != "variation":
        seen["title"] = html.unescape(str(product.get("name") or ""))
        if "description" in product:
            seen["body_html"] = str(product["description"] or "")
    if kind == "variable":
        return seen
    prices = prices_of(product)
    seen["price"] = prices.regular if prices.sale is None else prices.sale
    seen["compare_at"] = None if prices.sale is None else prices.regular
    if "global_unique_id" in product:
        seen["barcode"] = str(product["global_unique_id"] or "")
    if (weight := decimal_or_none(product.get("weight"))) is not None:
        seen["grams"] = int((weight * _GRAMS_PER[settings.weight_unit]).to_integral_value())
    if settings.inventory_management:
        seen["inventory_management"] = product.get("manage_stock") is True
        quantity = product.get("stock_quantity")
        seen["quantity"] = quantity if isinstance(quantity, int) else decimal_or_none(quantity)
    return seen


def differences(sent: Mapping[str, Any], answered: Mapping[str, Any]) -> list[str]:
    """Prices, stock and tax class that the shop did not take as sent, each in words; it never says so."""
    found = []
    for name, title in (("regular_price", "price"), ("sale_price", "sale price")):
        if name in sent and decimal_or_none(sent[name]) != decimal_or_none(answered.get(name)):
            found.append(
                f"{title} {_shown(sent[name])} was sent and the shop holds {_shown(answered.get(name))}"
            )
    if "stock_quantity" in sent:
        stock, held = sent["stock_quantity"], answered.get("stock_quantity")
        if decimal_or_none(held) != Decimal(stock):
            found.append(f"stock {stock} was sent and the shop holds {_shown(held)}")
    if "tax_class" in sent:
        # The shop takes an unknown class for the standard one, and the product is sold with the wrong VAT.
        wanted, held = _tax_class(sent["tax_class"]), _tax_class(answered.get("tax_class"))
        if wanted != held:
            found.append(f"tax class {wanted} was sent and the shop holds {held}")
    return found


def _tax_class(name: object) -> str:
    """As the shop writes it; its standard class has no name there."""
    return re.sub(r"[^a-z0-9]+", "-", str(name or "").lower()).strip("-") or "standard"


def is_simple(product: Mapping[str, Any]) -> bool:
    return product.get("type") == "simple" and product.get("status") not in _GONE


def is_variable(product: Mapping[str, Any]) -> bool:
    return product.get("type") == "variable" and product.get("status") not in _GONE


def is_variation(product: Mapping[str, Any]) -> bool:
    return product.get("type") == "variation" and product.get("status") not in _GONE


def _put_content(
    change: Change | VariantChange,
    wanted: Mapping[str, Value],
    settings: WooCommerceSettings,
    fields: dict[str, Any],
    notes: list[str],
    *,
    creating: bool,
    title: object,
) -> None:
    """`title` is what a field map gives instead of ours."""
    if "title" in wanted or creating:
        title = str(title or wanted.get("title") or "").strip()
        if not title:
            if "title" not in wanted:
                raise Refused(
                    f"{change.sku} is not in the shop, and is not made there without its title, which is kept"
                    " back by a flag or the field map.",
                    hint="Make it in the shop by hand with this SKU and retry: it is linked then."
                    " Or let the title be sent.",
                )
            raise Refused(
                f"{change.sku}: the product has no title, and the shop would call it just Product.",
                hint="Give it a description in the source.",
            )
        fields["name"] = title
    if "body_html" in wanted:
        fields["description"] = str(wanted["body_html"] or "")
    _put_measures(change.sku, wanted, settings, fields, notes)
    if creating:
        fields["type"] = "simple"
        fields["status"] = settings.create_product_status.value if wanted.get("active", True) else "draft"
    elif "active" in wanted and not wanted["active"]:
        fields["status"] = "draft"
    elif wanted.get("active") and change.action is Action.UPDATE:
        fields["status"] = settings.create_product_status.value


def _put_measures(
    sku: str,
    wanted: Mapping[str, Value],
    settings: WooCommerceSettings,
    fields: dict[str, Any],
    notes: list[str],
) -> None:
    if "barcode" in wanted:
        _put_barcode(sku, str(wanted["barcode"] or "").strip(), fields, notes)
    if wanted.get("grams") is not None:
        grams = number(sku, "weight", wanted["grams"])
        weight = (grams / _GRAMS_PER[settings.weight_unit]).quantize(Decimal("0.0001"))
        fields["weight"] = f"{weight.normalize():f}"


def no_barcode(text: str) -> str:
    """Why the shop takes no such barcode, or "". It drops letters without a word (ABC-123 became -123)."""
    return "" if _BARCODE.fullmatch(text.strip()) else "the shop keeps digits and dashes only"


def _put_barcode(sku: str, barcode: str, fields: dict[str, Any], notes: list[str]) -> None:
    if why_not := no_barcode(barcode):
        notes.append(f"{sku}: barcode {barcode} was left out, because {why_not}.")
    else:
        fields["global_unique_id"] = barcode


def _put_prices(
    sku: str,
    wanted: Mapping[str, Value],
    settings: WooCommerceSettings,
    fields: dict[str, Any],
    notes: list[str],
    *,
    held: Prices | None,
) -> None:
    """`price` is what a buyer pays. With a higher `compare_at` that one is the regular price, ours the sale
    price; a sale price that is not below the regular price would be dropped by the shop without a word.
    """
    if "price" not in wanted and "compare_at" not in wanted:
        return
    price: Value = wanted.get("price")
    if "price" not in wanted and held is not None:
        price = held.regular if held.sale is None else held.sale
    selling = money(sku, "price", price, settings.price_decimals, notes)
    if "compare_at" not in wanted:
        fields["regular_price"] = selling
        return
    before = wanted["compare_at"]
    compare_at = (
        None if before is None else money(sku, "compare-at price", before, settings.price_decimals, notes)
    )
    if compare_at is not None and Decimal(compare_at) > Decimal(selling):
        fields["regular_price"], fields["sale_price"] = compare_at, selling
    else:
        fields["regular_price"], fields["sale_price"] = selling, ""


def _put_stock(sku: str, wanted: Mapping[str, Value], fields: dict[str, Any], notes: list[str]) -> None:
    """A quantity is ignored by the shop while it does not manage stock, so the two go together."""
    if wanted.get("inventory_management") is False:
        fields["manage_stock"] = False
        return
    if wanted.get("inventory_management"):
        fields["manage_stock"] = True
    if "quantity" not in wanted:
        return
    if wanted["quantity"] is None:
        raise Refused(
            f"{sku}: there is no stock figure for this product, and the shop would take that for 0.",
            hint="Give it a quantity in the warehouse this channel sells from, or stop sending stock.",
        )
    fields["manage_stock"] = True
    fields["stock_quantity"] = quantity(sku, wanted["quantity"], MOST_STOCK, notes)


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)
