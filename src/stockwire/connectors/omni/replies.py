"""What OmniWebServiceREST means by its replies: the error table, kept apart from the sending.

The service answers errors as plain text, as far as it is known with status 500 whatever went wrong, so
the words decide first and the status second. Only "Invalid username or password" and the banner are
recorded words; every other pattern is an ASSUMPTION (numbers A9 to A20 in README.md). Nothing here reads
a socket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater

BANNER = re.compile(r"Omni Web Server\.")
VERSION = re.compile(r"Version\s+(\d+)\.(\d+)\.(\d+)\.(\d+)", re.IGNORECASE)
OLDEST_VERSION = (7, 13, 63, 3345)

_DOCUMENT = r"(?:sales order|quote|document|order|reference)"
MISSING = (
    rf"\b{_DOCUMENT}\b.*\b(?:does not exist|not found|cannot be found|could not be found)|"
    rf"\bno such {_DOCUMENT}\b"
)
"""How a missing document is worded, by assumption (A18). `OmniService.learn_missing_reply` does better."""

ALREADY_EXISTS = re.compile(  # A10
    r"already (?:exists|used|in use)|duplicate (?:reference|document|order|number)|"
    r"\b(?:reference|document|order)\b.*\bduplicate",
    re.IGNORECASE | re.DOTALL,
)

# Words of trouble that passes. A text with one of them never counts as "missing" and never as final.
_PASSING = re.compile(
    r"time[d -]*out|dead ?lock|lock(?:ed)? (?:by|conflict)|update conflict|\bbusy\b|try again|shutting down|"
    r"(?:lost|no|cannot make a) connection|connection (?:to|was|is|lost|refused|closed|failed|reset)|"
    r"(?:server|service|database|network)\b.*\b(?:offline|unavailable|not available|unreachable)|"
    r"network (?:error|path)|access violation|out of memory|internal server error",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"invalid user ?name or password|not authori[sz]ed|access denied|log ?[io]n failed", re.IGNORECASE
)
_LICENCE_FULL = re.compile(
    r"(?:maximum|too many|no more|no free|all|number of) (?:concurrent )?(?:users?|licen[cs]es?)\b|"
    r"licen[cs]es?\b.*\b(?:in use|full|exceeded|taken)",
    re.IGNORECASE,
)
_SWITCH = re.compile(
    r"(?:\bSF ?\d{3}\b|\bswitch\b).*\b(?:not|missing|requires?d?|enable[ds]?|licen[cs])|not licen[cs]ed",
    re.IGNORECASE | re.DOTALL,
)
_COMPANY = re.compile(
    r"(?:unknown|invalid|no such) company\b|"
    r"^\W*(?:the )?company\b.*\b(?:not exist|not found|unknown|invalid|cannot be opened)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")

# What to do about a refused document, by the words of the refusal (A17). First match wins.
_REFUSAL_HINTS: tuple[tuple[str, str], ...] = (
    (
        r"\bstock\b",
        "Create or activate this stock code in Omni, or correct the SKU in the shop, then try again.",
    ),
    (
        r"\bon hold\b|\bhold.status\b",
        "Take the customer off hold in Omni, or map the order to another account, then try again.",
    ),
    (
        r"order (?:number|no)\b.*required",
        "Omni wants a customer order number for this account: name its key in order_field_map.",
    ),
    (
        r"\bcustomer\b|\baccount\b",
        "Check the customer account code and param_default_customer_code, then try again.",
    ),
    (r"\bwarehouse\b", "Check param_warehouse_code or the order's warehouse_code, then try again."),
    (
        r"vat|tax",
        "Check the param_default_tax_code settings, or remove the key to use the customer's own VAT code.",
    ),
    (r"\bperiod\b|\bclosed\b", "Open the period in Omni, then try again."),
)


class AlreadyExists(Refused):
    """Omni has a document with this reference. Look it up: it may be the very order being raised."""


class Away(TryLater):
    """OmniWebServiceREST takes nothing on now, whatever it is asked: no record's own trouble."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the service. `text` is decoded, `content_type` in lower case without parameters."""

    status: int
    content_type: str
    text: str
    retry_after_s: float | None = None

    @property
    def is_json(self) -> bool:
        return self.content_type.endswith("json")

    @property
    def is_web_page(self) -> bool:
        return self.content_type == "text/html" or self.text.lstrip()[:9].lower() in {"<!doctype", "<html>"}

    @property
    def is_banner(self) -> bool:
        return not self.is_json and BANNER.search(self.text) is not None


def read_version(text: str) -> str:
    """The version in a banner, like "7.21.68.3389", or "" when it does not say (A25)."""
    found = VERSION.search(text)
    return ".".join(found.groups()) if found else ""


def is_new_enough(version: str) -> bool | None:
    """Whether the guide's least version is met; None when the version is unknown. Compared by number."""
    parts = version.split(".")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        return None
    return tuple(map(int, parts)) >= OLDEST_VERSION


def set_up_error(reply: Reply) -> StockwireError | None:
    """What is wrong before any document is looked at: sign-in, licence, switch, path, load."""
    if reply.is_banner:
        return NotSetUp(
            "Omni answered with its banner instead of a document: it does not know this address.",
            hint="Check that the automation switch (SF187) is on and that the document type is spelt right.",
            detail=reply.text.strip(),
        )
    if 200 <= reply.status < 300:
        return None
    if reply.status == 429:
        return Away(
            "Omni's web service is being asked too often.",
            detail=shortened(reply.text),
            after_s=reply.retry_after_s,
        )
    if reply.is_web_page:
        return None
    words = _unquoted(reply.text)
    if reply.status in {401, 403} or _SIGN_IN.search(words):  # A16: the words first, then the status
        return NotSetUp(
            "Omni says: Invalid username or password.",
            hint=(
                "Check the Omni company name, user name, password and the user's rights, and that Omni "
                "reaches its own database after any change on the server."
            ),
            detail=shortened(reply.text),
        )
    if _LICENCE_FULL.search(words):  # A19
        return Away(
            "All Omni user licences are taken.",
            hint="Log a user off in Omni, or give this connection a user licence of its own.",
            detail=shortened(reply.text),
        )
    if _SWITCH.search(words):  # A19
        return NotSetUp(
            "Omni says a switch is missing.",
            hint="Ask Omni to enable the automation (SF187) and import sales documents (SF109) switches.",
            detail=shortened(reply.text),
        )
    if _COMPANY.search(words):
        return NotSetUp(
            "Omni does not know this company name.",
            hint="Copy the company name exactly as Omni shows it, double spaces included.",
            detail=shortened(reply.text),
        )
    return None


def is_passing_trouble(reply: Reply) -> bool:
    """Whether this answer says nothing about the document: a web page, nothing, a fault of the server."""
    return reply.is_web_page or not reply.text.strip() or _PASSING.search(_unquoted(reply.text)) is not None


def posting_error(resource: str, reference: str, reply: Reply) -> StockwireError:
    """What a POST that was not answered with success means. The words of Omni are shown as they came."""
    named = f"{resource} {reference}".strip()
    if problem := set_up_error(reply):
        return problem
    if ALREADY_EXISTS.search(_unquoted(reply.text)):
        return AlreadyExists(
            f"{named}: Omni already has a document with this reference.",
            hint="It is looked up; compare it with the order if it is not the same.",
            detail=shortened(reply.text),
        )
    if reply.status in {404, 405} and not reply.is_json:
        return NotSetUp(
            f"{named}: nothing takes documents at this address.",
            hint="Check the address of OmniWebServiceREST and the document type.",
            detail=shortened(reply.text),
        )
    if is_passing_trouble(reply) or reply.status in {502, 503, 504}:
        return TryLater(
            f"{named}: Omni's web service failed while the document was posted.",
            hint="Nothing to do: it is looked up before it is posted again.",
            detail=shortened(reply.text),
            may_have_worked=True,
        )
    return Refused(
        f"{named}: Omni says: {shortened(reply.text)}",
        hint=_refusal_hint(reply.text),
        detail=shortened(reply.text),
    )


def document_in(resource: str, reply: Reply) -> Mapping[str, Any] | None:
    """The document inside a JSON answer's envelope, or None when this is no document.

    A8: the envelope is the resource in snake case; any single object that carries lines is accepted.
    """
    if not reply.is_json:
        return None
    try:
        answer = json.loads(reply.text, parse_float=Decimal)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    inside = answer.get(envelope_of(resource))
    if inside is None and len(answer) == 1:
        inside = next(iter(answer.values()))
    if inside is None:
        inside = answer
    if isinstance(inside, dict) and any(key.endswith("_lines") for key in inside):
        return inside
    return None


def envelope_of(resource: str) -> str:
    """The key Omni wraps a resource in: lower case, every other character an underscore."""
    return re.sub(r"[^a-z0-9]", "_", resource.lower())


def number_in(reference: str, reply: Reply) -> str:
    """The document number in the reply to a successful POST, or "" when none can be read (A9)."""
    text = reply.text.strip()
    if reply.is_json:
        try:
            answer = json.loads(text)
        except ValueError:
            return reference
        if isinstance(answer, dict):
            inside = next(iter(answer.values())) if len(answer) == 1 else answer
            return number_of(inside if isinstance(inside, dict) else answer, reference)
        text = str(answer)
    if reference and re.search(rf"(?<![\w-]){re.escape(reference)}(?![\w-])", text):
        return reference
    if re.fullmatch(r"(?=.*\d)[A-Za-z0-9/-]{3,30}", text):
        return text
    found = re.search(r"(?<![\w-])[A-Z]{1,4}-?\d{3,}(?![\w-])", text)
    return found.group() if found else reference


def number_of(document: Mapping[str, Any], otherwise: str) -> str:
    """The number a document shows. The names of the keys are not public; these are ASSUMPTIONS (A9)."""
    for key in ("reference", "document_number", "number", "document_no"):
        if value := document.get(key):
            return str(value)
    return otherwise


def shortened(text: str, limit: int = 500) -> str:
    plain = " ".join(text.replace("\x00", "?").split())
    return plain if len(plain) <= limit else f"{plain[:limit]} ..."


def _unquoted(text: str) -> str:
    """The text without what stands in quotes: a stock code named LIGHT SWITCH is no missing switch."""
    return _QUOTED.sub('""', text)


def _refusal_hint(text: str) -> str:
    for pattern, hint in _REFUSAL_HINTS:
        if re.search(pattern, text, re.IGNORECASE):
            return hint
    return "Put it right in Omni or in the shop as the text says, then try again."
