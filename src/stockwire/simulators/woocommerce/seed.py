"""What a freshly set-up shop holds: settings, tax rate, default category, gateways, first zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

CURRENCIES = {
    "AED": "United Arab Emirates dirham",
    "AFN": "Afghan afghani",
    "ALL": "Albanian lek",
    "BWP": "Botswana pula",
    "EUR": "Euro",
    "GBP": "Pound sterling",
    "NAD": "Namibian dollar",
    "USD": "United States (US) dollar",
    "ZAR": "South African rand",
}
SYMBOLS = {"ZAR": "&#82;", "USD": "&#36;", "EUR": "&euro;", "GBP": "&pound;"}
COUNTRIES = {
    "NA": "Namibia",
    "US:CA": "United States (US) - California",
    "ZA": "South Africa",
    "ZA:WC": "South Africa - Western Cape",
}
GATEWAYS = {"bacs": "Direct bank transfer", "cheque": "Check payments", "cod": "Cash on delivery"}
DISPLAYS = {"incl": "Including tax", "excl": "Excluding tax"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the shop's settings. `choices` None: any value is taken."""

    group: str
    name: str
    label: str
    kind: str
    default: str
    choices: dict[str, str] | None = None
    tip: str = ""
    description: str | None = None

    def row(self, value: str | None) -> Record:
        """The setting as the API shows it."""
        found: dict[str, Any] = {
            "id": self.name,
            "label": self.label,
            "description": self.description or "",
            "type": self.kind,
            "default": self.default,
            "tip": self.tip,
            "value": self.default if value is None else value,
            "group_id": self.group,
        }
        if self.choices is not None:
            found["options"] = self.choices
        return found


CURRENCY_TIP = (
    "This controls what currency prices are listed at in the catalog and which currency gateways will "
    "take payments in."
)
COUNTRY_TIP = "The country and state or province, if any, in which your business is located."
TAXES_TIP = "Rates will be configurable and taxes will be calculated during checkout."
INCLUSIVE_TIP = (
    "This option is important as it will affect how you input prices. Changing it will not update "
    "existing products."
)
INCLUSIVE = {
    "yes": "Yes, I will enter prices inclusive of tax",
    "no": "No, I will enter prices exclusive of tax",
}
BASES = {
    "shipping": "Customer shipping address",
    "billing": "Customer billing address",
    "base": "Shop base address",
}
SHIPPING_CLASSES = {
    "inherit": "Shipping tax class based on cart items",
    "": "Standard",
    "reduced-rate": "Reduced rate",
    "zero-rate": "Zero rate",
}
ITEMS = {"single": "As a single total", "itemized": "Itemized"}
SHOP_SHOWS, CART_SHOWS = "Display prices in the shop", "Display prices during cart and checkout"
SETTINGS = (
    Setting(
        "general", "woocommerce_currency", "Currency", "select", "USD", CURRENCIES, CURRENCY_TIP, CURRENCY_TIP
    ),
    Setting(
        "general",
        "woocommerce_default_country",
        "Country / State",
        "select",
        "US:CA",
        COUNTRIES,
        COUNTRY_TIP,
        COUNTRY_TIP,
    ),
    Setting(
        "general",
        "woocommerce_calc_taxes",
        "Enable taxes",
        "checkbox",
        "no",
        None,
        TAXES_TIP,
        "Enable tax rates and calculations",
    ),
    Setting(
        "tax",
        "woocommerce_prices_include_tax",
        "Prices entered with tax",
        "radio",
        "no",
        INCLUSIVE,
        INCLUSIVE_TIP,
    ),
    Setting("tax", "woocommerce_tax_based_on", "Calculate tax based on", "select", "shipping", BASES),
    Setting(
        "tax", "woocommerce_shipping_tax_class", "Shipping tax class", "select", "inherit", SHIPPING_CLASSES
    ),
    Setting("tax", "woocommerce_tax_round_at_subtotal", "Rounding", "checkbox", "no"),
    Setting("tax", "woocommerce_tax_classes", "Additional tax classes", "textarea", ""),
    Setting("tax", "woocommerce_tax_display_shop", SHOP_SHOWS, "select", "excl", DISPLAYS),
    Setting("tax", "woocommerce_tax_display_cart", CART_SHOWS, "select", "excl", DISPLAYS),
    Setting("tax", "woocommerce_price_display_suffix", "Price display suffix", "text", ""),
    Setting("tax", "woocommerce_tax_total_display", "Display tax totals", "select", "itemized", ITEMS),
)


def furnish(shop: Shop) -> None:
    """Put in place what every shop has before its first product."""
    options = shop.options
    values = {
        "woocommerce_currency": options.currency,
        "woocommerce_default_country": options.country,
        "woocommerce_calc_taxes": "yes",
        "woocommerce_prices_include_tax": "yes" if options.prices_include_tax else "no",
    }
    shop.settings = {setting.name: setting.row(values.get(setting.name)) for setting in SETTINGS}
    shop.tax_classes.update({"reduced-rate": "Reduced rate", "zero-rate": "Zero rate"})
    if options.tax_rate is not None:
        add_rate(shop, country=options.country.partition(":")[0], rate=options.tax_rate, name="VAT")
    shop.default_category = shop.next_id("term")
    shop.terms[shop.default_category] = {
        "id": shop.default_category,
        "taxonomy": "categories",
        "name": "Uncategorized",
        "slug": "uncategorized",
        "parent": 0,
        "description": "",
        "display": "default",
        "menu_order": 0,
    }
    for name, title in GATEWAYS.items():
        shop.gateways[name] = {"id": name, "title": title, "enabled": False}
    elsewhere = "Locations not covered by your other zones"
    shop.zones[0] = {"id": 0, "name": elsewhere, "order": 0, "methods": [], "locations": []}


def add_rate(
    shop: Shop, *, country: str, rate: str, name: str, shipping: bool = True, tax_class: str = "standard"
) -> Record:
    """A new row of the tax table. `rate` in per cent."""
    number = shop.next_id("rate")
    shop.tax_rates[number] = {
        "id": number,
        "country": country,
        "state": "",
        "postcode": "",
        "city": "",
        "rate": f"{float(rate):.4f}",
        "name": name,
        "priority": 1,
        "compound": False,
        "shipping": shipping,
        "order": 0,
        "class": tax_class,
        "postcodes": [],
        "cities": [],
    }
    return shop.tax_rates[number]
