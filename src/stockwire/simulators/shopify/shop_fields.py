"""The shop itself, the app's installation, publications and `node`: what a connector looks at first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stockwire.simulators.shopify.fields import PAGING, field, plain
from stockwire.simulators.shopify.given import too_many
from stockwire.simulators.shopify.pages import Connection, page
from stockwire.simulators.shopify.published import denied, published

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record

MOST_NODES = 250
PLANS = {"standard": "Basic", "advanced": "Advanced", "plus": "Shopify Plus", "enterprise": "Enterprise"}

plain(
    "Shop", "id name myshopifyDomain currencyCode taxesIncluded taxShipping ianaTimezone email contactEmail"
)
plain("Shop", "plan resourceLimits createdAt updatedAt url primaryDomain weightUnit unitSystem")
plain("Shop", "enabledPresentmentCurrencies timezoneOffsetMinutes shopOwnerName")
plain("ShopPlan", "displayName publicDisplayName shopifyPlus partnerDevelopment")
plain("ShopResourceLimits", "locationLimit maxProductOptions maxProductVariants redirectLimitReached")
plain("Domain", "id host url sslEnabled")
plain("AppInstallation", "id accessScopes app")
plain("AccessScope", "handle description")
plain("App", "id title handle")
plain("Publication", "id")
plain("AppCatalog", "id title status")
plain("MoneyV2", "amount currencyCode")
plain("MoneyBag", "shopMoney presentmentMoney")
plain("Job", "id done")


@field("QueryRoot.shop")
def shop(_: Any, call: Call, given: Record) -> Record:
    options = call.shop.options
    offset = call.now.astimezone(ZoneInfo(options.time_zone)).utcoffset()
    url = f"https://{options.shop_domain}"
    return {
        "id": "gid://shopify/Shop/8000000001",
        "name": options.name,
        "email": "owner@example.com",
        "contactEmail": "shop@example.com",
        "shopOwnerName": "Naledi Example",
        "myshopifyDomain": options.shop_domain,
        "url": url,
        "primaryDomain": {
            "id": "gid://shopify/Domain/8000000001",
            "host": options.shop_domain,
            "url": url,
            "sslEnabled": True,
        },
        "currencyCode": options.currency,
        "enabledPresentmentCurrencies": [options.currency],
        "taxesIncluded": options.taxes_included,
        "taxShipping": options.taxes_included,
        "ianaTimezone": options.time_zone,
        "timezoneOffsetMinutes": int(offset.total_seconds() // 60) if offset else 0,
        "weightUnit": "KILOGRAMS",
        "unitSystem": "METRIC_SYSTEM",
        "createdAt": call.shop.created_at,
        "updatedAt": call.shop.created_at,
        "plan": {
            "displayName": PLANS[options.plan],
            "publicDisplayName": PLANS[options.plan],
            "shopifyPlus": options.plan in ("plus", "enterprise"),
            "partnerDevelopment": False,
        },
        "resourceLimits": {
            "locationLimit": 200 if options.plan in ("plus", "enterprise") else 10,
            "maxProductOptions": 3,
            "maxProductVariants": 2048,
            "redirectLimitReached": False,
        },
    }


@field("QueryRoot.currentAppInstallation", takes="")
def installation(_: Any, call: Call, given: Record) -> Record:
    return {
        "id": "gid://shopify/AppInstallation/8000000001",
        "accessScopes": [{"handle": scope, "description": scope} for scope in sorted(_granted(call))],
        "app": {"id": "gid://shopify/App/8000000001", "title": "Stockwire", "handle": "stockwire"},
    }


def _granted(call: Call) -> set[str]:
    """A right to write is listed with the right to read beside it."""
    reading = {f"read_{scope.removeprefix('write_')}" for scope in call.scopes if scope.startswith("write_")}
    return set(call.scopes) | reading


@field("QueryRoot.publications", takes=PAGING)
def publications(_: Any, call: Call, given: Record) -> Connection:
    return page(list(call.shop.shelf("Publication").values()), given)


@field("Publication.name")
def publication_name(publication: Record, call: Call, given: Record) -> str:
    return str(publication["title"])


@field("Publication.catalog")
def catalog(publication: Record, call: Call, given: Record) -> Record:
    return {
        "__typename": "AppCatalog",
        "id": publication["catalog_id"],
        "title": publication["title"],
        "status": "ACTIVE",
    }


@field("QueryRoot.node", takes="id")
def node(_: Any, call: Call, given: Record) -> Record | None:
    return _allowed("node", call, call.shop.anything(given["id"]))


@field("QueryRoot.nodes", takes="ids")
def nodes(_: Any, call: Call, given: Record) -> list[Record | None]:
    too_many(len(given["ids"]), MOST_NODES)
    return [_allowed("nodes", call, call.shop.anything(each)) for each in given["ids"]]


def _allowed(name: str, call: Call, record: Record | None) -> Record | None:
    """What any id names needs the same access as elsewhere."""
    words, scopes = published(call.version).access.get(record["__typename"] if record else "", ("", []))
    if scopes and not call.may(tuple(scopes)):
        raise denied(name, words)
    return record


@field("QueryRoot.job", takes="id")
def job(_: Any, call: Call, given: Record) -> Record:
    return {"id": given["id"], "done": True}


def stamp(text: str | datetime) -> datetime:
    """A DateTime as it was sent."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(str(text).replace("Z", "+00:00"))
