"""What every route shares: the call, the answer, errors in WordPress's shape, paging and `_fields`.

It knows nothing of products or orders.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote_plus

Json = dict[str, Any]


class ApiError(Exception):
    """An answer in the shape `{"code", "message", "data": {"status": N, ...}}`."""

    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.data = data

    def body(self) -> Json:
        """Refund errors carry a bare number as data; all others an object with the status first."""
        if isinstance(self.data, int):
            return {"code": self.code, "message": self.message, "data": self.data}
        return {
            "code": self.code,
            "message": self.message,
            "data": {"status": self.status, **(self.data or {})},
        }


@dataclass(slots=True)
class Call:
    """One request, decoded. `query` holds the last value of each plain parameter, lists under `name[]`."""

    method: str
    path: str
    query: Json
    body: Any
    site: str
    fault_items: int = 0
    user: str = ""
    allow: str = ""

    def flag(self, name: str) -> bool:
        """A boolean query parameter, absent meaning false."""
        return str(self.query.get(name, "")).lower() in ("true", "1", "yes")

    def values(self, name: str) -> list[str]:
        """A list parameter given as `a,b` or as `name[0]=a&name[1]=b`."""
        got = self.query.get(name)
        if got is None:
            return []
        parts = got if isinstance(got, list) else str(got).split(",")
        return [part.strip() for part in parts if part.strip()]

    def document(self) -> Json:
        """The JSON object of the body, or nothing when there was none."""
        return self.body if isinstance(self.body, dict) else {}

    def link(self, path: str) -> str:
        """The absolute address of a wc/v3 path."""
        return f"{self.site}/wp-json/wc/v3/{path}"


@dataclass(slots=True)
class Answer:
    """What a route returns. `items` counts the objects it worked on, for the latency per item."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    listing: bool = False
    items: int = 1


Route = Callable[..., Answer]
ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def links(call: Call, path: str, collection: str, *, exists: bool = True, up: str = "") -> Json:
    """The `_links` of one object. A deleted object has no targetHints."""
    me: Json = {"href": call.link(path)}
    if exists:
        me["targetHints"] = {"allow": ALL_METHODS}
    found: Json = {"self": [me], "collection": [{"href": call.link(collection)}]}
    if up:
        found["up"] = [{"href": call.link(up)}]
    return found


def encode(body: Any) -> str:
    """JSON as PHP writes it: slashes escaped, letters outside ASCII as escapes, whole floats without .0."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/")


def number(value: float) -> int | float:
    """A PHP float in JSON: 8.0 is written as 8."""
    return int(value) if value == math.floor(value) else value


def invalid(problems: dict[str, tuple[str, str]]) -> ApiError:
    """400 rest_invalid_param. `problems` maps the parameter to (code, message)."""
    details: Json = {}
    for name, (code, message) in problems.items():
        parameter = message.split(" is not of type", maxsplit=1)[0]
        data = {"param": parameter} if code == "rest_invalid_type" else None
        details[name] = {"code": code, "message": message, "data": data}
    return ApiError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(problems)}",
        {"params": {name: message for name, (_, message) in problems.items()}, "details": details},
    )


def listed(words: Sequence[str]) -> str:
    """`a, b, and c`, the way WordPress enumerates what is allowed."""
    return ", ".join(words[:-1]) + f", and {words[-1]}"


def not_in_enum(name: str, allowed: Sequence[str]) -> tuple[str, str]:
    """The problem of a value outside its list."""
    return "rest_not_in_enum", f"{name} is not one of {listed(allowed)}."


def page_of(
    call: Call, found: list[Any], render: Callable[[Any], Json], *, link_extra: Json | None = None
) -> Answer:
    """One page of `found` with its paging headers. Raises rest_invalid_param for numbers out of bounds."""
    per_page, page = _bounded(call, "per_page", 10, 100), _bounded(call, "page", 1, None)
    offset = _whole(call.query.get("offset"), (page - 1) * per_page)
    pages = math.ceil(len(found) / per_page)
    answer = Answer([render(item) for item in found[offset : offset + per_page]], listing=True)
    answer.headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
    relations = []
    if page > 1:
        relations.append((min(page - 1, pages), "prev"))
    if page < pages:
        relations.append((page + 1, "next"))
    joined = ", ".join(
        f'<{_page_address(call, target, link_extra or {})}>; rel="{name}"'
        for target, name in relations
        if target
    )
    if joined:
        answer.headers["Link"] = joined
    return answer


def check_paging(call: Call) -> None:
    """Refuse paging parameters out of bounds, before anything is looked up."""
    _bounded(call, "per_page", 10, 100)
    _bounded(call, "page", 1, None)


def _bounded(call: Call, name: str, default: int, most: int | None) -> int:
    raw = call.query.get(name)
    if raw is None:
        return default
    value: int | None = _whole(raw, None)
    if value is None:
        raise invalid({name: ("rest_invalid_type", f"{name} is not of type integer.")})
    if most is None and value < 1:
        raise invalid({name: ("rest_out_of_bounds", f"{name} must be greater than or equal to 1")})
    if most is not None and not 1 <= value <= most:
        message = f"{name} must be between 1 (inclusive) and {most} (inclusive)"
        raise invalid({name: ("rest_out_of_bounds", message)})
    return value


def _whole(raw: Any, default: Any) -> Any:
    try:
        return default if raw is None else int(str(raw))
    except ValueError:
        return None


def _page_address(call: Call, page: int, appended: Json) -> str:
    pairs = []
    query = {name: value for name, value in call.query.items() if name not in appended}
    for name, default in appended.items():
        listed = isinstance(default, list) and name in call.query
        query[name] = call.values(name) if listed else call.query.get(name, default)
    query["page"] = page
    for name, value in query.items():
        if isinstance(value, list):
            pairs += [(f"{name}[{at}]", part) for at, part in enumerate(value)]
        else:
            # Recorded: trailing = signs (of a signature) are lost on the way.
            pairs.append((name, "1" if value == "true" else str(value).rstrip("=")))
    return f"{call.site}{call.path}?" + "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in pairs)


def keep_fields(body: Any, wanted: list[str], *, listing: bool) -> Any:
    """Trim to `_fields`. It looks into objects but not into lists; links of a single object always stay."""
    if not wanted:
        return body
    tree: Json = {}
    for name in wanted:
        node = tree
        for part in name.split("."):
            node = node.setdefault(part, {})
    if listing and isinstance(body, list):
        return [_intersect(item, tree) for item in body]
    if not isinstance(body, dict):
        return body
    kept = _intersect(body, tree)
    if "_links" in body:
        kept["_links"] = body["_links"]
    return kept


def _intersect(item: Any, tree: Json) -> Any:
    kept: Json = {}
    for name, below in tree.items():
        if name not in item:
            continue
        value = item[name]
        if below and isinstance(value, dict):
            kept[name] = _intersect(value, below)
        elif below and isinstance(value, list):
            kept[name] = []
        else:
            kept[name] = value
    return kept


def moment(raw: str, zone: tzinfo, *, is_gmt: bool, name: str) -> datetime:
    """A date parameter as aware UTC. Without an offset it is shop time unless `dates_are_gmt` was sent."""
    try:
        stamp = datetime.fromisoformat(raw)
    except ValueError:
        raise invalid({name: ("rest_invalid_date", "Invalid date.")}) from None
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=UTC if is_gmt else zone)
    return stamp.astimezone(UTC)
