"""Everything that must be right before a shop can be connected, each with what was seen and the fix.

Reads only. A missing scope is named, so is a location, a sales channel and a webhook that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from stockwire.connectors.shopify.api import Answer, Api
from stockwire.connectors.shopify.items import number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import CHECK
from stockwire.connectors.shopify.places import locations, publications
from stockwire.connectors.shopify.setting_types import Credential
from stockwire.connectors.shopify.settings import VERSIONS, ShopifySettings
from stockwire.connectors.shopify.webhook_health import TOPICS, listed, missing
from stockwire.errors import StockwireError
from stockwire.ports import Finding

_CLOCK_WARNING_S = 120
_SUNSET_WARNING_DAYS = 90
VARIANTS_BEFORE_LIMIT = 50_000
"""Above it a shop without Plus takes 1,000 new variants a day (README.md)."""
_SCOPES: tuple[tuple[str, str], ...] = (
    ("write_products", "products, prices and pictures"),
    ("write_inventory", "stock"),
    ("read_locations", "the locations stock is kept at"),
    ("read_orders", "orders"),
    ("write_merchant_managed_fulfillment_orders", "telling customers what was sent"),
)
_WORDS = {
    Credential.STATIC: "an access token that does not expire",
    Credential.CLIENT: "a token for 24 hours, renewed ahead of time",
    Credential.REFRESH: "a token for an hour, renewed ahead of time",
}


def findings(api: Api, settings: ShopifySettings, now: Callable[[], datetime]) -> Sequence[Finding]:
    """Stops after the connection when that fails: the rest cannot be known then."""
    try:
        answer = api.run(CHECK)
        shop = answer.root("shop")
        installed = answer.root("currentAppInstallation")
    except StockwireError as error:
        return [Finding("connection", "failed", error.message, error.hint or "It is tried again by itself.")]
    # Without the right to read products it is not told; the missing scope is a finding of its own.
    variants = int((answer.data.get("productVariantsCount") or {}).get("count") or 0)
    scopes = {str(row["handle"]) for row in installed.get("accessScopes") or []}
    line = Line(api)
    return [
        Finding("connection", "passed", f"{shop['name']} ({shop['myshopifyDomain']}) answers."),
        Finding("credentials", "passed", f"The app has {_WORDS[settings.credential]}."),
        _version(settings, answer, now().date()),
        *_scopes(settings, scopes),
        _locations(line, settings),
        _publications(line, settings),
        _webhooks(api, settings),
        _plan(shop, api),
        *_variants_left(shop, variants),
        Finding(
            "currency", "passed", f"The shop sells in {shop['currencyCode']}. Prices are sent as they are."
        ),
        _taxes(shop),
        _clock(answer, now()),
    ]


def last_day(version: str) -> date:
    """The day a version is a year old: Shopify supports each for at least twelve months."""
    year, month = (int(part) for part in version.split("-"))
    return date(year + 1, month, 1)


def _version(settings: ShopifySettings, answer: Answer, today: date) -> Finding:
    version, ends = settings.api_version, last_day(settings.api_version)
    served = answer.headers.get("x-shopify-api-version", version)
    if served != version:
        return Finding(
            "api_version",
            "failed",
            f"Version {version} of the API is gone (its year ended on {ends.isoformat()}): the shop answered "
            f"as {served}.",
            f"Set api_version to {VERSIONS[-1]}.",
        )
    seen = f"Version {version} of the API is supported until at least {ends.isoformat()}."
    if (ends - today).days <= _SUNSET_WARNING_DAYS:
        newest = VERSIONS[-1]
        fix = f"Set api_version to {newest}." if newest != version else "Update Stockwire before that day."
        return Finding("api_version", "warning", seen, fix)
    return Finding("api_version", "passed", seen)


def _scopes(settings: ShopifySettings, scopes: set[str]) -> list[Finding]:
    wanted = list(_SCOPES)
    if not settings.hide_product_enabled:
        wanted.append(("write_publications", "putting products on sales channels"))
    if not settings.block_image_enabled:
        wanted.append(("write_files", "pictures"))
    found = [
        Finding(
            "scopes",
            "failed",
            f"The app lacks the scope {scope}, which is needed for {what}.",
            f"Add {scope} to the app's Admin API scopes, then install the app in the shop again.",
        )
        for scope, what in wanted
        if not _has(scope, scopes)
    ]
    if not _has("read_customers", scopes):
        found.append(
            Finding(
                "scopes",
                "warning",
                "The app lacks the scope read_customers: orders arrive without their customer.",
                "Add read_customers to the app's Admin API scopes, then install the app again.",
            )
        )
    if not _has("read_all_orders", scopes):
        found.append(
            Finding(
                "old_orders",
                "passed",
                "Orders of the last 60 days can be read; older ones would need the scope read_all_orders.",
            )
        )
    if not any(finding.code == "scopes" for finding in found):
        found.insert(0, Finding("scopes", "passed", "The app has every scope that is needed."))
    return found


def _has(scope: str, scopes: set[str]) -> bool:
    """A right to write is a right to read; fulfilment may go by either of three scopes."""
    if scope.startswith("read_"):
        return scope in scopes or f"write_{scope.removeprefix('read_')}" in scopes
    if scope.endswith("_managed_fulfillment_orders") or "fulfillment_orders" in scope:
        return any(found.startswith("write_") and found.endswith("fulfillment_orders") for found in scopes)
    return scope in scopes


def _locations(line: Line, settings: ShopifySettings) -> Finding:
    if not settings.sends_stock:
        return Finding("locations", "passed", "Stock is left to another app (inventory_management).")
    try:
        found = {number(row["id"]): row for row in locations(line)}
    except StockwireError as error:
        return Finding("locations", "failed", error.message, error.hint)
    shown = ", ".join(f"{row['name']} ({code})" for code, row in found.items()) or "none"
    named = list(settings.locations) or ([settings.location_id] if settings.location_id else [])
    for code in named:
        if code not in found:
            return Finding(
                "locations",
                "failed",
                f"The shop has no location {code}; it has {shown}.",
                "Correct location_map or location_id.",
            )
        if not found[code].get("isActive"):
            return Finding(
                "locations",
                "failed",
                f"Location {found[code]['name']} ({code}) is not active in the shop.",
                "Activate it under Settings > Locations, or name another one.",
            )
    active = [row for row in found.values() if row.get("isActive")]
    if not active:
        return Finding(
            "locations",
            "failed",
            "The shop has no active location.",
            "Activate one under Settings > Locations.",
        )
    if not named and len(active) > 1:
        return Finding(
            "locations",
            "warning",
            f"The shop has {len(active)} active locations and none is named, so the first one gets the "
            f"stock: {shown}.",
            "Set location_id, or location_map for a quantity of each.",
        )
    return Finding("locations", "passed", f"Locations of the shop: {shown}.")


def _publications(line: Line, settings: ShopifySettings) -> Finding:
    if settings.hide_product_enabled:
        return Finding("publish_to", "passed", "New products are created unpublished (hide_product_enabled).")
    try:
        count = len(publications(line, settings))
    except StockwireError as error:
        return Finding("publish_to", "failed", error.message, error.hint)
    return Finding("publish_to", "passed", f"New products appear on {count} of the shop's sales channels.")


def _webhooks(api: Api, settings: ShopifySettings) -> Finding:
    if not settings.webhook_secrets:
        return Finding(
            "webhooks",
            "warning",
            "No webhook secret is set, so orders arrive by polling only.",
            "Set hmac_shared_secret to the API secret (client secret) of the app.",
        )
    try:
        gone = missing(listed(api, settings))
    except StockwireError as error:
        return Finding("webhooks", "warning", error.message, error.hint)
    if len(gone) == len(TOPICS):
        return Finding(
            "webhooks",
            "warning",
            "The shop has no webhook of ours: none was made yet, or the shop has removed them all, as it "
            "does after eight failed deliveries. Orders arrive by polling.",
            "The worker makes them within ten minutes, once the hub has a public address "
            "(STOCKWIRE_PUBLIC_URL). If they were there before, that address cannot be reached from the "
            "internet.",
        )
    if gone:
        return Finding(
            "webhooks",
            "warning",
            f"The shop has removed webhooks of ours: {', '.join(gone)}. It does so after eight failed "
            "deliveries.",
            "The worker makes them again within ten minutes and polls for what was missed. If it comes "
            "back, the hub's public address cannot be reached from the internet.",
        )
    return Finding("webhooks", "passed", f"All {len(TOPICS)} webhooks are alive.")


def _plan(shop: Mapping[str, Any], api: Api) -> Finding:
    plan = shop.get("plan") or {}
    limits = shop.get("resourceLimits") or {}
    capacity, refill = api.left()
    return Finding(
        "plan",
        "passed",
        f"Plan {plan.get('publicDisplayName') or 'unknown'}: up to {limits.get('maxProductVariants', '?')} "
        f"variants and {limits.get('maxProductOptions', '?')} options a product; Stockwire uses up to "
        f"{capacity:.0f} points at once and {refill:.0f} a second"
        + (
            "." if plan.get("shopifyPlus") else ". Above 50,000 variants the plan takes 1,000 new ones a day."
        ),
    )


def _variants_left(shop: Mapping[str, Any], variants: int) -> list[Finding]:
    """How near the shop is to what its plan takes."""
    if (shop.get("plan") or {}).get("shopifyPlus") or variants < 0.9 * VARIANTS_BEFORE_LIMIT:
        return []
    fix = (
        "Delete products that are not sold any more, or have the shop moved to Shopify Plus. Prices, stock "
        "and texts of what is there are not affected."
    )
    if variants > VARIANTS_BEFORE_LIMIT:
        seen = (
            f"The shop has {variants:,} variants. Above {VARIANTS_BEFORE_LIMIT:,} its plan takes 1,000 new "
            "ones in 24 hours; further ones wait for the next day."
        )
    else:
        seen = (
            f"The shop has {variants:,} variants, near the {VARIANTS_BEFORE_LIMIT:,} above which its plan "
            "takes 1,000 new ones in 24 hours only."
        )
    return [Finding("plan_limit", "warning", seen, fix)]


def _taxes(shop: Mapping[str, Any]) -> Finding:
    word = "include" if shop.get("taxesIncluded") else "exclude"
    return Finding(
        "prices_include_tax",
        "passed",
        f"The shop's prices {word} VAT: the price list of this channel must {word} VAT too.",
    )


def _clock(answer: Answer, now: datetime) -> Finding:
    try:
        shop = parsedate_to_datetime(answer.headers.get("date", ""))
        shop = shop if shop.tzinfo else shop.replace(tzinfo=UTC)
        seconds = round(abs((shop - now).total_seconds()))
    except (ValueError, TypeError):
        return Finding("clock", "unknown", "The shop does not tell its time.")
    seen = f"The shop's clock and ours differ by {seconds} seconds."
    if seconds > _CLOCK_WARNING_S:
        return Finding(
            "clock",
            "warning",
            f"{seen} Polling for orders may miss some.",
            "Switch on network time on the machine whose clock is wrong.",
        )
    return Finding("clock", "passed", seen)
