"""What the shop's errors mean and what the operator does about them: one table, in plain English.

Pure. Never puts a key, a secret or an address with keys into a message.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater

MISSING_PRODUCT = "woocommerce_rest_product_invalid_id"
MISSING_ORDER = "woocommerce_rest_shop_order_invalid_id"
DUPLICATE_SKU = "product_invalid_sku"
DUPLICATE_BARCODE = "product_invalid_global_unique_id"
MISSING_VARIATION = "woocommerce_rest_product_variation_invalid_id"
IS_A_VARIATION = "woocommerce_rest_invalid_product_id"
ALREADY_BINNED = "woocommerce_rest_already_trashed"
SKU_IN_BIN = "woocommerce_rest_product_not_created"
TOO_MANY_ITEMS = "woocommerce_rest_request_entity_too_large"
LEGACY_SWITCHED_OFF = "woocommerce_api_disabled"

_AUTHENTICATION = "woocommerce_rest_authentication_error"
_SECRET = re.compile(r"\b(c[ks]_)[0-9A-Za-z]{6,}|((?:oauth|consumer)_[a-z_]+=)[^&\s\"']+")
_KEY_FIX = (
    "Make a key with Read/Write permission under WooCommerce > Settings > Advanced > REST API, for an "
    "administrator or shop manager, and paste both halves here."
)
_NOT_JSON_FIX = (
    "Open the shop in a browser. A maintenance page, a cache, a security plugin or a PHP error can answer in "
    "place of WooCommerce; the shop's error log says which."
)


@dataclass(frozen=True, slots=True)
class ShopError:
    """An error as the shop states it. `data` is its extra object, empty where it sent a bare number."""

    status: int
    code: str = ""
    message: str = ""
    data: Mapping[str, Any] | None = None

    @property
    def resource_id(self) -> int:
        """The id the shop names in a duplicate error; 0 when it names none."""
        value = (self.data or {}).get("resource_id")
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    @property
    def detail(self) -> str:
        return redacted(f"HTTP {self.status} {self.code}: {self.message}".rstrip(": "))


def read_error(status: int, body: object) -> ShopError:
    """The error of an answer or of one batch row; anything unreadable gives an empty code.

    Refund errors carry the number 500 as `data`; the legacy API has an `errors` envelope.
    """
    if isinstance(body, Mapping) and "errors" in body:
        errors = body["errors"]
        body = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(body, Mapping):
        return ShopError(status)
    data = body.get("data")
    data = data if isinstance(data, Mapping) else None
    stated = (data or {}).get("status")
    return ShopError(
        status=stated if isinstance(stated, int) else status,
        code=str(body.get("code") or ""),
        message=html.unescape(str(body.get("message") or "")),
        data=data,
    )


def taken_differently(sku: str, differences: Sequence[str]) -> Refused:
    """The shop answered with another price, stock or tax class than was sent."""
    hint = (
        "A plugin of the shop, or a sale at the same moment, may have changed it. Look at the product in the "
        "shop, then retry."
    )
    if any(one.startswith("tax class") for one in differences):
        hint = (
            "Name a class of WooCommerce > Settings > Tax in product_map, or make this one there; then retry."
        )
    return Refused(f"{sku}: {'; '.join(differences)}.", hint=hint)


def no_picture(sku: str, error: ShopError) -> Refused:
    return Refused(
        f"{sku}: the shop could not take a picture: {redacted(error.message) or 'no reason given'}",
        hint="Open the picture's address in a browser. The shop must reach it without signing in, and it "
        "must be a JPEG, PNG, GIF or WebP under its proper file name.",
        detail=error.detail,
    )


def in_bin(sku: str, number: int) -> Refused:
    return Refused(
        f"{sku}: product {number} lies in the shop's bin.",
        hint="Restore it in the shop under Products > Bin, or delete it permanently and remove the link "
        "here; or switch on restore_from_bin_enabled.",
    )


def gone(sku: str, number: int, *, what: str = "product") -> Refused:
    return Refused(
        f"{sku}: {what} {number} is gone from the shop, and no other one has this SKU.",
        hint="Restore it in the shop, or remove the link here: it is then created anew.",
    )


def no_longer_variable(sku: str, number: int, kind: object) -> Refused:
    return Refused(
        f"{sku}: product {number} of the shop is {kind} now, and here it has variants.",
        hint="Make it a variable product in the shop again, or delete it there and remove the link here.",
    )


def explain_row(sku: str, error: ShopError) -> StockwireError:
    """The error of one product, naming the SKU."""
    if error.status == 429 or error.status >= 500:
        return TryLater(
            f"{sku}: the shop had an error of its own while saving this product.",
            hint="It is tried again. If it keeps failing, the shop's error log names the reason.",
            detail=error.detail,
            may_have_worked=error.status >= 500,
        )
    if error.status in {401, 403}:
        return explain(error)
    known = {
        DUPLICATE_BARCODE: (
            f"{sku}: the shop already uses this barcode for product {error.resource_id or 'another one'}.",
            "Give one of the two products another barcode, or clear it in the shop.",
        ),
        DUPLICATE_SKU: (
            f"{sku}: the shop says this SKU is already in use, but does not say by which product.",
            "Search for the SKU in the shop, also in drafts and in the bin, and rename the other one.",
        ),
        SKU_IN_BIN: (
            f"{sku}: the shop has a product with this SKU in its bin.",
            "In the shop open Products > Bin and restore it or delete it permanently, then retry; or switch "
            "on restore_from_bin_enabled.",
        ),
        IS_A_VARIATION: (
            f"{sku}: in the shop this is a variation of another product; here it is a product of its own.",
            "Make it a simple product in the shop, or remove the link here.",
        ),
        MISSING_VARIATION: (
            f"{sku}: the shop no longer has the variation this is linked to.",
            "Remove the link here; the variant is then linked again by its SKU or created anew.",
        ),
        MISSING_PRODUCT: (
            f"{sku}: the shop no longer has the product this is linked to.",
            "Remove the link here; the product is then linked again by its SKU or created anew.",
        ),
    }
    message, hint = known.get(
        error.code,
        (
            f"{sku}: the shop refused this product: {redacted(error.message) or 'no reason given'}",
            "Correct the value it names and retry.",
        ),
    )
    return Refused(message, hint=hint, detail=error.detail)


def explain(
    error: ShopError,
    *,
    wrote: bool = False,
    headers: Mapping[str, str] | None = None,
    now: datetime | None = None,
    is_json: bool = True,
) -> StockwireError:
    """The error of a whole call. `wrote` tells whether the call could have changed something."""
    status, code, text = error.status, error.code, error.message
    detail = error.detail
    after_s = retry_after_s(headers or {}, now or datetime.now(UTC))
    if status == 429:
        return TryLater(
            "The shop asks us to slow down.",
            hint="Nothing to do. If it happens all day, ask the host to raise the limit for the hub.",
            detail=detail,
            after_s=60.0 if after_s is None else after_s,
        )
    if status == 413:
        return TryLater(
            "The shop finds the call too big. The next calls are smaller.",
            hint="Nothing to do. To avoid the detour, lower batch_size_max.",
            detail=detail,
        )
    if status >= 500:
        return TryLater(
            f"The shop had an error of its own (HTTP {status}).",
            hint="It is tried again. If it goes on, look into the shop's error log or ask its host.",
            detail=detail,
            after_s=after_s,
            may_have_worked=wrote and status != 503,
        )
    if code == _AUTHENTICATION or status == 401:
        return _explain_401(code, text, detail)
    if status == 403 and is_json:
        return NotSetUp(
            "The user of this key may not do that in the shop.",
            hint="The key belongs to a user without the needed role. " + _KEY_FIX,
            detail=detail,
        )
    if status == 403:
        return TryLater(
            "Something in front of the shop turned the call away (HTTP 403).",
            hint="A firewall or security plugin blocks the hub. Ask the host to let its address through.",
            detail=detail,
            after_s=300.0,
        )
    if 300 <= status < 400:
        return NotSetUp(
            "The shop sends us on to another address.",
            hint="Open the shop in a browser and copy the address it ends up at to api_url; www matters.",
            detail=detail,
        )
    if code == LEGACY_SWITCHED_OFF:
        return NotSetUp(
            "This address is the old WooCommerce API, which left WooCommerce in version 9.0.",
            hint="Use the shop's own address as api_url. The same keys work.",
            detail=detail,
        )
    if code == "rest_no_route" or (status == 404 and not is_json):
        return NotSetUp(
            "The WooCommerce API was not found at this address.",
            hint="Check api_url. In the shop, Settings > Permalinks must not be Plain, and WooCommerce must "
            "be active.",
            detail=detail,
        )
    if not is_json:
        return not_json(status, wrote=wrote)
    return Refused(
        f"The shop refused the call: {redacted(text) or f'HTTP {status}'}",
        hint="Correct the value it names and retry.",
        detail=detail,
    )


def not_json(status: int, *, wrote: bool, beginning: str = "") -> TryLater:
    """A web page, a PHP warning or broken text where JSON was expected."""
    return TryLater(
        "The shop answered with something that is no WooCommerce data, such as a web page.",
        hint=_NOT_JSON_FIX,
        detail=redacted(f"HTTP {status}: {beginning[:80]!r}" if beginning else f"HTTP {status}"),
        may_have_worked=wrote,
    )


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None without a usable one."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if not text:
        return None
    if text.isdigit():
        return min(float(text), 86_400.0)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, min((moment - now).total_seconds(), 86_400.0))


def redacted(text: str) -> str:
    """Without keys, secrets and signatures, and not longer than 300 characters."""
    return _SECRET.sub(lambda hit: f"{hit[1] or hit[2]}***", text)[:300]


def _explain_401(code: str, text: str, detail: str) -> StockwireError:
    lowered = text.lower()
    if "nonce" in lowered:
        return TryLater("The shop has seen this signature before.", hint="Nothing to do.", detail=detail)
    if "timestamp" in lowered:
        return NotSetUp(
            "The shop and the hub disagree about the time by more than 15 minutes.",
            hint="Set the clock of the machine that is wrong, best by switching on network time.",
            detail=detail,
        )
    if "permission" in lowered:
        return NotSetUp("The key may not read and write.", hint=_KEY_FIX, detail=detail)
    if "signature" in lowered or "secret" in lowered:
        return NotSetUp("The consumer secret is wrong.", hint=_KEY_FIX, detail=detail)
    if code == _AUTHENTICATION:
        return NotSetUp("The shop does not know this consumer key.", hint=_KEY_FIX, detail=detail)
    return NotSetUp(
        "The shop does not accept the key: it is unknown there, or the host strips it from our calls.",
        hint=f"{_KEY_FIX} If the key is right, set authentication to query_params.",
        detail=detail,
    )
