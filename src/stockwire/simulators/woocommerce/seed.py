"""What a freshly set-up shop holds: settings, tax rate, default category, gateways, the rest-of-world zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Shop

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


def furnish(shop: Shop) -> None:
    """Put in place what every shop has before its first product."""
    options = shop.options
    yes_no = {
        "yes": "Yes, I will enter prices inclusive of tax",
        "no": "No, I will enter prices exclusive of tax",
    }
    rows: list[tuple[str, str, str, str, str, dict[str, str] | None, str]] = [
        ("general", "woocommerce_currency", "Currency", "select", "USD", CURRENCIES, options.currency),
        (
            "general",
            "woocommerce_default_country",
            "Country / State",
            "select",
            "US:CA",
            COUNTRIES,
            options.country,
        ),
        ("general", "woocommerce_calc_taxes", "Enable taxes", "checkbox", "no", None, "yes"),
        (
            "tax",
            "woocommerce_prices_include_tax",
            "Prices entered with tax",
            "radio",
            "no",
            yes_no,
            "yes" if options.prices_include_tax else "no",
        ),
        (
            "tax",
            "woocommerce_tax_based_on",
            "Calculate tax based on",
            "select",
            "shipping",
            TAX_BASES,
            "shipping",
        ),
        (
            "tax",
            "woocommerce_shipping_tax_class",
            "Shipping tax class",
            "select",
            "inherit",
            SHIPPING_CLASSES,
            "inherit",
        ),
        ("tax", "woocommerce_tax_round_at_subtotal", "Rounding", "checkbox", "no", None, "no"),
        ("tax", "woocommerce_tax_classes", "Additional tax classes", "textarea", "", None, ""),
        (
            "tax",
            "woocommerce_tax_display_shop",
            "Display prices in the shop",
            "select",
            "excl",
            DISPLAYS,
            "excl",
        ),
        (
            "tax",
            "woocommerce_tax_display_cart",
            "Display prices during cart and checkout",
            "select",
            "excl",
            DISPLAYS,
            "excl",
        ),
        ("tax", "woocommerce_price_display_suffix", "Price display suffix", "text", "", None, ""),
        (
            "tax",
            "woocommerce_tax_total_display",
            "Display tax totals",
            "select",
            "itemized",
            TOTALS,
            "itemized",
        ),
    ]
    for group, name, label, kind, default, choices, value in rows:
        shop.settings[name] = _setting(group, name, label, kind, default, choices, value)
    shop.tax_classes.update({"reduced-rate": "Reduced rate", "zero-rate": "Zero rate"})
    if options.tax_rate is not None:
        number = shop.next_id("rate")
        shop.tax_rates[number] = new_rate(
            number, options.country.split(":")[0], options.tax_rate, "VAT", True, "standard"
        )
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
    for name, title in (
        ("bacs", "Direct bank transfer"),
        ("cheque", "Check payments"),
        ("cod", "Cash on delivery"),
    ):
        shop.gateways[name] = {"id": name, "title": title, "enabled": False}
    shop.zones[0] = {
        "id": 0,
        "name": "Locations not covered by your other zones",
        "order": 0,
        "methods": [],
        "locations": [],
    }


def new_rate(
    number: int, country: str, rate: str, name: str, shipping: bool, tax_class: str
) -> dict[str, Any]:
    """One row of the tax table. `rate` in per cent."""
    return {
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


TAX_BASES = {
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
DISPLAYS = {"incl": "Including tax", "excl": "Excluding tax"}
TOTALS = {"single": "As a single total", "itemized": "Itemized"}
TIPS = {
    "woocommerce_currency": "This controls what currency prices are listed at in the catalog and which currency gateways will take payments in.",
    "woocommerce_default_country": "The country and state or province, if any, in which your business is located.",
    "woocommerce_calc_taxes": "Rates will be configurable and taxes will be calculated during checkout.",
    "woocommerce_prices_include_tax": "This option is important as it will affect how you input prices. Changing it will not update existing products.",
}
DESCRIPTIONS = {
    "woocommerce_currency": TIPS["woocommerce_currency"],
    "woocommerce_default_country": TIPS["woocommerce_default_country"],
    "woocommerce_calc_taxes": "Enable tax rates and calculations",
}


def _setting(
    group: str, name: str, label: str, kind: str, default: str, choices: dict[str, str] | None, value: str
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": name,
        "label": label,
        "description": DESCRIPTIONS.get(name, ""),
        "type": kind,
        "default": default,
        "tip": TIPS.get(name, ""),
        "value": value,
        "group_id": group,
    }
    if choices is not None:
        found["options"] = choices
    return found
