"""Everything that must be right before a shop can be connected, each with what was seen and the fix.

Reads only. The one POST carries an empty batch, which changes nothing and shows whether the key may write.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from stockwire.connectors.woocommerce.api import Answer, Api, object_of
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import StockwireError
from stockwire.ports import Finding

TESTED_VERSION = "10.0.2"
_OLDEST_EXPECTED = (6, 0)
_CLOCK_WARNING_S = 120
_CLOCK_FAILURE_S = 600
_SHORTEST_RUN_S = 30
_SMALLEST_POST_BYTES = 4 * 1024 * 1024


def findings(api: Api, settings: WooCommerceSettings, now: Callable[[], datetime]) -> Sequence[Finding]:
    """Stops after the connection when that fails: the rest cannot be known then."""
    found = [_address(settings)]
    try:
        answer = api.get("/system_status", {"_fields": "environment,settings"})
        status = object_of(answer)
    except StockwireError as error:
        found.append(Finding("connection", "failed", error.message, error.hint))
        return found
    environment = _part(status, "environment")
    shop = _part(status, "settings")
    found.append(Finding("connection", "passed", f"The shop answered in {answer.seconds:.1f} seconds."))
    found.append(_version(environment))
    found.append(_reads(api))
    found.append(_writes(api))
    found.append(_clock(answer, settings, now()))
    found.append(_currency(shop))
    found.append(_decimals(shop, settings))
    found.append(_taxes(api))
    found += _categories(api, settings)
    found += _limits(environment, settings)
    found.append(_webhooks(environment, settings))
    return found


def _address(settings: WooCommerceSettings) -> Finding:
    if settings.is_legacy_url:
        return Finding(
            "address",
            "warning",
            f"api_url names the old WooCommerce API, which left WooCommerce in version 9.0. "
            f"{settings.rest_url} is used instead; the same keys work there.",
            f"Set api_url to {settings.site_url}.",
        )
    if settings.rest_url.startswith("http://"):
        return Finding(
            "address",
            "warning",
            "The shop is called without encryption: calls are signed (OAuth 1.0a) but can be read.",
            "Give the shop a certificate and use https://.",
        )
    return Finding("address", "passed", settings.rest_url)


def _version(environment: Mapping[str, Any]) -> Finding:
    version = str(environment.get("version") or "")
    seen = (
        f"WooCommerce {version or 'unknown'}, WordPress {environment.get('wp_version') or 'unknown'}, "
        f"PHP {environment.get('php_version') or 'unknown'}"
    )
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if not numbers:
        return Finding("version", "unknown", seen)
    if numbers < _OLDEST_EXPECTED:
        return Finding(
            "version", "warning", seen, f"Update WooCommerce; this was tested with {TESTED_VERSION}."
        )
    return Finding("version", "passed", seen)


def _reads(api: Api) -> Finding:
    try:
        for path in ("/products", "/orders"):
            api.get(path, {"per_page": "1", "_fields": "id"})
    except StockwireError as error:
        return Finding("key_reads", "failed", error.message, error.hint)
    return Finding("key_reads", "passed", "The key reads products and orders.")


def _writes(api: Api) -> Finding:
    try:
        api.call("POST", "/products/batch", body={})
    except StockwireError as error:
        return Finding("key_writes", "failed", error.message, error.hint)
    return Finding("key_writes", "passed", "The key may write products.")


def _clock(answer: Answer, settings: WooCommerceSettings, now: datetime) -> Finding:
    try:
        shop = parsedate_to_datetime(answer.headers.get("date", ""))
        seconds = round(abs((shop - now).total_seconds()))
    except (ValueError, TypeError):
        return Finding("clock", "unknown", "The shop does not tell its time.")
    seen = f"The shop's clock and ours differ by {seconds} seconds."
    fix = "Switch on network time on the machine whose clock is wrong."
    if seconds > _CLOCK_FAILURE_S and settings.rest_url.startswith("http://"):
        return Finding("clock", "failed", f"{seen} The shop refuses signatures from 15 minutes on.", fix)
    if seconds > _CLOCK_WARNING_S:
        return Finding("clock", "warning", f"{seen} Polling for orders may miss some.", fix)
    return Finding("clock", "passed", seen)


def _currency(shop: Mapping[str, Any]) -> Finding:
    currency = str(shop.get("currency") or "")
    if not currency:
        return Finding("currency", "unknown", "The shop does not tell its currency.")
    return Finding("currency", "passed", f"The shop sells in {currency}. Prices are sent as they are.")


def _decimals(shop: Mapping[str, Any], settings: WooCommerceSettings) -> Finding:
    decimals = shop.get("number_of_decimals")
    if not isinstance(decimals, int):
        return Finding("decimals", "unknown", "The shop does not tell how many decimals its prices have.")
    if decimals != settings.price_decimals:
        return Finding(
            "decimals",
            "warning",
            f"The shop shows prices with {decimals} decimals; they are sent with {settings.price_decimals}.",
            f"Set price_decimals to {decimals}, or change WooCommerce > Settings > General in the shop.",
        )
    return Finding("decimals", "passed", f"Prices have {decimals} decimals.")


def _taxes(api: Api) -> Finding:
    try:
        answer = api.get("/settings/tax/woocommerce_prices_include_tax", {"_fields": "id,value"})
        value = object_of(answer).get("value")
    except StockwireError as error:
        return Finding("prices_include_tax", "unknown", error.message, error.hint)
    if value == "yes":
        return Finding(
            "prices_include_tax",
            "passed",
            "The shop's prices include VAT: the price list of this channel must include VAT too.",
        )
    if value == "no":
        return Finding(
            "prices_include_tax",
            "passed",
            "The shop's prices exclude VAT: the price list of this channel must exclude VAT too.",
        )
    return Finding("prices_include_tax", "unknown", "The shop does not tell whether prices include VAT.")


def _categories(api: Api, settings: WooCommerceSettings) -> list[Finding]:
    number = settings.category_parent_id
    if not settings.manage_category_enabled or number is None:
        return []
    if number == 0:
        return [Finding("category_parent", "passed", "Categories are made at the top.")]
    fix = "Set category_parent_id to the id of a category of the shop, or 0 for the top."
    try:
        answer = api.get(f"/products/categories/{number}", {"_fields": "id,name"}, accept=(404,))
        if answer.error is not None:
            return [Finding("category_parent", "failed", f"The shop has no category {number}.", fix)]
        name = html.unescape(str(object_of(answer).get("name") or number))
    except StockwireError as error:
        return [Finding("category_parent", "unknown", error.message, error.hint)]
    return [Finding("category_parent", "passed", f"Categories are made below {name}.")]


def _limits(environment: Mapping[str, Any], settings: WooCommerceSettings) -> list[Finding]:
    found = []
    run_s = environment.get("php_max_execution_time")
    if isinstance(run_s, int):
        seen = f"A call may run {run_s} seconds." if run_s else "Calls may run without a limit."
        short = 0 < run_s < max(_SHORTEST_RUN_S, settings.batch_seconds_target)
        fix = "Ask the host to raise max_execution_time, or lower batch_seconds_target below it."
        found.append(Finding("run_time", "warning" if short else "passed", seen, fix if short else ""))
    post = environment.get("php_post_max_size")
    if isinstance(post, int):
        small = 0 < post < _SMALLEST_POST_BYTES
        found.append(
            Finding(
                "post_size",
                "warning" if small else "passed",
                f"A call may carry {post / 1024 / 1024:.0f} MB.",
                "Ask the host to raise post_max_size, or lower batch_size_max." if small else "",
            )
        )
    return found


def _webhooks(environment: Mapping[str, Any], settings: WooCommerceSettings) -> Finding:
    if settings.hmac_shared_secret is None:
        return Finding(
            "webhooks",
            "warning",
            "No webhook secret is set, so orders arrive by polling only.",
            "Set hmac_shared_secret to a long random text.",
        )
    if environment.get("wp_cron") is False:
        return Finding(
            "webhooks",
            "warning",
            "WordPress's own scheduler is switched off. Webhooks come only if the server runs it by cron.",
            "Ask the host whether wp-cron.php is called every minute. Polling finds the orders meanwhile.",
        )
    return Finding("webhooks", "passed", "A webhook secret is set.")


def _part(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = status.get(name)
    return part if isinstance(part, Mapping) else {}
