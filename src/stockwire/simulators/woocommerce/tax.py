"""The routes of tax rates and tax classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwire.simulators.woocommerce import text
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, links, page_of
from stockwire.simulators.woocommerce.schema import truth
from stockwire.simulators.woocommerce.seed import add_rate

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop


def rates(shop: Shop, call: Call) -> Answer:
    """GET /taxes."""
    return page_of(call, list(shop.tax_rates.values()), lambda rate: _rate(call, rate))


def create_rate(shop: Shop, call: Call) -> Answer:
    """POST /taxes. `rate` in per cent."""
    sent = call.document()
    rate = add_rate(
        shop,
        country=str(sent.get("country", "")),
        rate=str(text.amount(sent.get("rate", "0"))),
        name=str(sent.get("name", "Tax")),
        shipping=truth(sent.get("shipping", True)),
        tax_class=str(sent.get("class", "standard")),
    )
    return Answer(_rate(call, rate), 201, {"Location": call.link(f"taxes/{rate['id']}")})


def _rate(call: Call, rate: Record) -> Json:
    return {**rate, "_links": links(call, f"taxes/{rate['id']}", "taxes")}


def classes(shop: Shop, call: Call) -> Answer:
    """GET /taxes/classes."""
    named = {"standard": "Standard rate", **shop.tax_classes}
    return Answer([_class(call, slug, name) for slug, name in named.items()], listing=True)


def create_class(shop: Shop, call: Call) -> Answer:
    """POST /taxes/classes."""
    name = text.cleaned(call.document().get("name", ""))
    slug = text.slug(name)
    if slug in shop.tax_classes:
        raise ApiError(400, "woocommerce_rest_tax_class_slug_exists", "Tax class slug already exists.")
    shop.tax_classes[slug] = name
    return Answer(_class(call, slug, name), 201, {"Location": call.link(f"taxes/classes/{slug}")})


def _class(call: Call, slug: str, name: str) -> Json:
    return {"name": name, "slug": slug, "_links": {"collection": [{"href": call.link("taxes/classes")}]}}
