"""What the shop's errors mean and what the operator does about them: one table, in plain English.

Pure. Never puts a token or a secret into a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_SECRET = re.compile(r"\bshp[a-z]{2,3}_[0-9A-Za-z]+")
_ACCESS = re.compile(r"Required access: (.+)", re.DOTALL)
_SCOPES = re.compile(r"\b(?:read|write)_[a-z_]+\b")
_FIELD = re.compile(r"Access denied for (\w+)")
_OURS = "This is a fault of ours or a version of the API that has changed: send us the log."
_TROUBLE = re.compile(r"non-ready|went wrong|try again", re.IGNORECASE)
_GONE = frozenset(
    {
        "PRODUCT_DOES_NOT_EXIST",
        "PRODUCT_VARIANT_DOES_NOT_EXIST",
        "PRODUCT_VARIANT_ID_MISSING",
        "INVALID_INVENTORY_ITEM",
        "NOT_FOUND",
    }
)
_LATER = frozenset(
    {
        "GENERIC_ERROR",
        "INTERNAL_ERROR",
        "INTERNAL_SERVER_ERROR",
        "JOB_ERROR",
        "NON_READY_STATE",
        "IDEMPOTENCY_CONCURRENT_REQUEST",
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    }
)


@dataclass(frozen=True, slots=True)
class UserError:
    """A row of `userErrors`. `field` is a path; indexes in it are texts."""

    message: str
    field: tuple[str, ...] = ()
    code: str = ""

    @property
    def index(self) -> int | None:
        """Which row of the list that was sent is meant: the first number in the path."""
        return next((int(part) for part in self.field if part.isdecimal()), None)

    @property
    def is_gone(self) -> bool:
        """The thing that was written to is not there (any more)."""
        text = self.message.lower()
        return (
            self.code in _GONE
            or "does not exist" in text
            or "could not be found" in text
            or "not found" in text
        )

    @property
    def detail(self) -> str:
        return redacted(f"{self.code} {'.'.join(self.field)}: {self.message}".strip(" :"))


def user_errors(payload: Mapping[str, Any]) -> list[UserError]:
    return [
        UserError(
            str(row.get("message") or ""),
            tuple(str(part) for part in row.get("field") or ()),
            str(row.get("code") or ""),
        )
        for row in payload.get("userErrors") or payload.get("mediaUserErrors") or []
    ]


def explain_row(sku: str, error: UserError) -> StockwireError:
    """The error of one product or variant, naming the SKU."""
    if error.code in _LATER or _TROUBLE.search(error.message):
        return TryLater(
            f"{sku}: the shop had an error of its own while saving this product.",
            hint="It is tried again by itself.",
            detail=error.detail,
        )
    if error.is_gone and error.code != "INVALID_LOCATION":
        return Refused(
            f"{sku}: the shop no longer has the product this is linked to.",
            hint="Remove the link here; the product is then linked again by its SKU or created anew.",
            detail=error.detail,
        )
    known = {
        "VARIANT_ALREADY_EXISTS": (
            f"{sku}: the product already has a variant with these option values.",
            "Compare the options with the shop's; two variants cannot have the same values.",
        ),
        "PRODUCT_SUSPENDED": (
            f"{sku}: Shopify has suspended this product.",
            "Open it in the shop's admin; Shopify says there what must change.",
        ),
        "INVALID_LOCATION": (
            f"{sku}: the shop has no such location, or it is not active.",
            "Correct location_map or location_id; the shop's admin shows locations under Settings.",
        ),
        "NON_MUTABLE_INVENTORY_ITEM": (
            f"{sku}: its stock cannot be changed in the shop (a bundle, or managed by another app).",
            "Stop sending stock for it, or let the shop manage it.",
        ),
        "HANDLE_NOT_UNIQUE": (
            f"{sku}: another product of the shop has the same handle.",
            "Change the handle of one of them in the shop.",
        ),
        "VARIANTS_OVER_LIMIT": (
            f"{sku}: Shopify takes 2,048 variants of a product, and these are more.",
            "Split the product in the source.",
        ),
        "OPTIONS_OVER_LIMIT": (f"{sku}: Shopify takes three options.", "Leave out an option in the source."),
        "SUBSCRIPTION_VIOLATION": (
            f"{sku}: the shop's plan does not allow this: {redacted(error.message)}",
            "Change the plan of the shop, or leave this product out.",
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


def explain_errors(errors: Sequence[Mapping[str, Any]], *, wrote: bool) -> StockwireError:
    """Top-level errors of a GraphQL answer. THROTTLED is handled before."""
    first = errors[0] if errors else {}
    extensions = first.get("extensions") if isinstance(first.get("extensions"), Mapping) else {}
    code = str((extensions or {}).get("code") or "")
    text = redacted(str(first.get("message") or ""))
    if code == "ACCESS_DENIED":
        return _access_denied(text, extensions or {})
    if code in {"SHOP_INACTIVE"}:
        return NotSetUp(
            "The shop is not active.", hint="Its owner must open it again in Shopify.", detail=text
        )
    if code in {"INTERNAL_SERVER_ERROR", "TIMEOUT"} or code in _LATER:
        return TryLater(
            "The shop had an error of its own.",
            hint="It is tried again by itself.",
            detail=f"{code}: {text}",
            may_have_worked=wrote,
        )
    return Refused(f"The shop refused the call: {text or code}", hint=_OURS, detail=f"{code}: {text}")


def explain_status(
    status: int, headers: Mapping[str, str], *, wrote: bool, now: datetime, text: str = ""
) -> StockwireError:
    """An HTTP status that is not 2xx (401 is handled by the credentials)."""
    after_s = retry_after_s(headers, now)
    detail = redacted(f"HTTP {status}: {text[:80]}" if text else f"HTTP {status}")
    if status == 429:
        return TryLater(
            "The shop asks us to slow down.",
            hint="Nothing to do. If it says that its daily limit of new variants is reached, the rest "
            "follows tomorrow.",
            detail=detail,
            after_s=60.0 if after_s is None else after_s,
        )
    if status >= 500:
        return TryLater(
            f"The shop had an error of its own (HTTP {status}).",
            hint="It is tried again by itself. If it goes on, look at www.shopifystatus.com.",
            detail=detail,
            after_s=after_s,
            may_have_worked=wrote and status != 503,
        )
    if status == 402:
        return NotSetUp("The shop is frozen: a bill is unpaid.", hint="Its owner must pay.", detail=detail)
    if status == 423:
        return NotSetUp(
            "Shopify has locked the shop.", hint="Its owner must ask Shopify support.", detail=detail
        )
    if status == 404:
        return NotSetUp("There is no Shopify shop at this address.", hint="Correct channel_domain.")
    if status == 403:
        return NotSetUp(
            "The app may not use the API of this shop.",
            hint="Install it in the shop again and grant what it asks for.",
            detail=detail,
        )
    if 300 <= status < 400:
        return NotSetUp(
            "The shop sends us on to another address.",
            hint="Set channel_domain to the shop's own address, <shop>.myshopify.com.",
            detail=detail,
        )
    return Refused(f"The shop refused the call (HTTP {status}).", hint=_OURS, detail=detail)


def not_json(status: int, *, wrote: bool, beginning: str = "") -> TryLater:
    """A web page or broken text where JSON was expected."""
    return TryLater(
        "The shop answered with something that is no Shopify data, such as a web page.",
        hint="It is tried again by itself. If it stays, check channel_domain and www.shopifystatus.com.",
        detail=redacted(f"HTTP {status}: {beginning[:80]!r}" if beginning else f"HTTP {status}"),
        may_have_worked=wrote,
    )


def unreachable(error: httpx2.RequestError, *, wrote: bool) -> TryLater:
    kind = type(error).__name__
    if isinstance(error, _NEVER_SENT):
        return TryLater(
            "The shop cannot be reached.",
            hint="It is tried again by itself. If it goes on, check channel_domain and the hub's internet "
            "connection.",
            detail=kind,
        )
    if isinstance(error, httpx2.TimeoutException):
        return TryLater(
            "The shop did not answer in time.",
            hint="It is tried again by itself. If it goes on, lower products_per_call.",
            detail=kind,
            may_have_worked=wrote,
        )
    return TryLater(
        "The connection to the shop broke off before its answer arrived.",
        hint="It is tried again by itself.",
        detail=kind,
        may_have_worked=wrote,
    )


def unsent(error: StockwireError) -> StockwireError:
    """The same error for something that was held back because of it: that surely did not happen."""
    if isinstance(error, TryLater) and error.may_have_worked:
        return TryLater(error.message, hint=error.hint, detail=error.detail, after_s=error.after_s)
    return error


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None without a usable one."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        return max(0.0, min(float(text), 86_400.0))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, min((moment - now).total_seconds(), 86_400.0))


def redacted(text: str) -> str:
    """Without tokens and secrets, and not longer than 300 characters."""
    return _SECRET.sub("***", text)[:300]


def _access_denied(text: str, extensions: Mapping[str, Any]) -> NotSetUp:
    needed = str(extensions.get("requiredAccess") or "")
    found = _ACCESS.search(text)
    needed = needed or (found[1] if found else "")
    scopes = ", ".join(dict.fromkeys(_SCOPES.findall(needed)))
    field = _FIELD.search(text)
    what = f" to {field[1]}" if field else ""
    if not scopes:
        return NotSetUp(
            f"The shop denies the app access{what}.",
            hint="Grant the app in the shop what it says there, and install it again.",
            detail=text,
        )
    return NotSetUp(
        f"The app lacks a scope: {scopes}.",
        hint=f"Add {scopes} to the app's Admin API scopes, then install the app in the shop again.",
        detail=text,
    )
