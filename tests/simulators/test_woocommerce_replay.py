"""Every recorded WooCommerce exchange, sent to the simulated shop in the order it was recorded.

Status, headers that carry meaning, keys, JSON types and values are compared; ids differ, so each recorded id
is bound to the simulator's the first time it appears and must stay bound. Values that nobody can foretell
(stamps, order keys, random related products) are compared by type only. What differs is in DIFFERENCES with
its reason, and must still differ.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from stockwire.simulators.woocommerce import Key, create

DATA = Path(__file__).parent / "data" / "woocommerce"
SCENARIOS = sorted(path.name.removesuffix(".json.gz") for path in DATA.glob("*.json.gz"))

DIFFERENCES = {
    ("00_setup", "currency"): "The setting offers 9 currencies; the real shop 163.",
    ("00_setup", "country"): "The setting offers 4 places; the real shop 2,209.",
    ("01_connection", "index"): "It lists the simulator's own routes; the real shop 105, with arguments.",
}

OAUTH_KEY = "ck_5d41402abc4b2a76b9719d911017c5928c0fa3e1"
KEYS = {
    "admin": Key("ck_admin", "cs_admin"),
    "read": Key("ck_read", "cs_read", "read"),
    "write": Key("ck_write", "cs_write", "write"),
    "customer": Key("ck_customer", "cs_customer", "read_write", "customer"),
    "oauth": Key(OAUTH_KEY, "cs_7d793037a0760186574b0282f2f435e7a1b9c4d2"),
}
# Who signs a step, and which ids are of one family: by the row they stand in, their name, or the path.
HOW = json.loads((DATA / "how_to_replay.json").read_text())
SIGNED_BY, ROWS, REFERENCES = HOW["signed_by"], HOW["rows"], HOW["references"]
PATHS, COLLECTIONS = HOW["paths"], HOW["collections"]
# Steps whose answer does not say when they happened, where a later step depends on it.
HAPPENED_AT = {("08_orders", "create_empty"): "2026-11-23T04:48:36"}
BY_TYPE = {
    "order_key", "payment_url", "cart_hash", "store_id", "server_architecture", "related_ids", "meta_id",
    "X-WC-Webhook-Signature", "X-WC-Webhook-Delivery-ID",
}  # fmt: skip
STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")


class Ids:
    """Recorded ids and what the simulator calls the same thing, by family."""

    def __init__(self) -> None:
        self._bound: dict[tuple[str, int], int] = {}

    def here(self, family: str, recorded: int) -> int:
        return self._bound.get((family, recorded), recorded)

    def same(self, family: str, recorded: int, found: Any) -> bool:
        if family == "meta" or not recorded or not found:
            return isinstance(found, type(recorded))
        if (family, recorded) not in self._bound and isinstance(found, int):
            if found in {here for (known, _), here in self._bound.items() if known == family}:
                return False
            if recorded < 10_000:
                self._bound[family, recorded] = found
        return self.here(family, recorded) == found


class Hub:
    """The receiver of webhooks: keeps what arrives and answers with `status`."""

    def __init__(self) -> None:
        self.received: list[tuple[httpx2.Headers, str]] = []
        self.status = 200

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.received.append((httpx2.Headers(dict(request.headers)), request.get_data(as_text=True)))
        status = 404 if request.path.endswith("/none") else self.status
        return Response("", status)(environ, start_response)


class Replay:
    """Sends recorded steps and collects, per step, what was different."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 40, tzinfo=UTC)
        self.hub = Hub()
        self.shop = create(
            site_url="https://shop.example",
            keys=KEYS.values(),
            currency="USD",
            country="US:CA",
            prices_include_tax=False,
            tax_rate=None,
            webhook_delay_s=0.0,
            clock=lambda: self.now,
            transport=httpx2.WSGITransport(app=self.hub),
        )
        self.http = httpx2.Client(
            transport=httpx2.WSGITransport(app=self.shop), base_url="http://shop.example"
        )
        self.ids = Ids()
        self.found: dict[tuple[str, str], list[str]] = {}
        self.scenario = ""

    def run(self) -> None:
        for self.scenario in SCENARIOS:
            raw = gzip.decompress((DATA / f"{self.scenario}.json.gz").read_bytes())
            for step in json.loads(raw):
                self._advance_clock(step)
                self._before(step["step"])
                compare = self._delivery if step.get("direction") else self._exchange
                self.found[self.scenario, step["step"]] = compare(step)
                assert self.shop.shop.deliveries.settled(5)
        self.http.close()
        self.shop.close()

    def _advance_clock(self, step: dict[str, Any]) -> None:
        text = json.dumps(step["response"])
        stamps = re.findall(r'"date_(?:modified|created)_gmt": "([^"]+)"', text)
        stamps += [HAPPENED_AT[key] for key in [(self.scenario, step["step"])] if key in HAPPENED_AT]
        times = [datetime.fromisoformat(stamp).replace(tzinfo=UTC) for stamp in stamps]
        query = (step["request"] or {}).get("query") or {}
        if "oauth_timestamp" in query:
            times.append(datetime.fromtimestamp(int(query["oauth_timestamp"]), UTC))
        self.now = max([self.now, *times])

    def _before(self, step: str) -> None:
        """What happened in the shop between two recorded steps."""
        here = self.ids.here
        if (self.scenario, step) == ("08_orders", "get_checkout_order"):
            assert self.ids.same("post", 51, self._place_checkout_order())
        if (self.scenario, step) == ("10_webhooks", "pause"):
            # The third ping was not recorded: it was answered 404, and the webhook was made all the same.
            assert self.hub.received.pop()[1] == "webhook_id=3"
        if (self.scenario, step) == ("10_webhooks", "disabled_after_failures"):
            self.hub.status = 500
            for at in range(7):
                self._put(f"orders/{here('post', 41)}", {"customer_note": f"Failure {at + 1}"})
            self.hub.status = 200
            assert [headers["X-WC-Webhook-ID"] for headers, _ in self.hub.received] == ["2"] * 7
            self.hub.received.clear()

    def _place_checkout_order(self) -> Any:
        placed: Any = self.shop.acts["place_order"](HOW["checkout"])
        return placed["id"]

    def _put(self, path: str, body: dict[str, Any]) -> None:
        headers = {"X-Forwarded-Proto": "https"}
        answer = self.http.put(
            f"/wp-json/wc/v3/{path}", json=body, headers=headers, auth=("ck_admin", "cs_admin")
        )
        assert answer.status_code == 200
        assert self.shop.shop.deliveries.settled(5)

    def _exchange(self, step: dict[str, Any]) -> list[str]:
        request, recorded = step["request"], step["response"]
        path = self._mapped_path(request["path"])
        family = _family(request["path"])
        headers = {**request["headers"], "X-Forwarded-Proto": request["scheme"]}
        if headers.get("Authorization", "").startswith("Basic"):
            pair = ":".join(SIGNED_BY.get(step["step"], ("ck_admin", "cs_admin")))
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        query = self._mapped_query(request["query"] or {}, family)
        body = request["body"]
        content = body if isinstance(body, str) else json.dumps(self._mapped(body, family, ""))
        answer = self.http.request(
            request["method"],
            path,
            params=query,
            headers=headers,
            content=content if body is not None else None,
        )
        problems = (
            []
            if answer.status_code == recorded["status"]
            else [f"status {answer.status_code}: {answer.text[:200]}"]
        )
        problems += _header_problems(recorded["headers"], answer)
        if "json" not in recorded["headers"]["Content-Type"]:
            return problems + ([] if answer.text.startswith("<!DOCTYPE html>") else ["no HTML page"])
        trimmed = (step.get("trimmed") or {}).get("response", {})
        return problems + self._compare(recorded["body"], answer.json(), family, "$", trimmed, request)

    def _delivery(self, step: dict[str, Any]) -> list[str]:
        if step["request"] is None:
            return [f"{len(self.hub.received)} deliveries"] if self.hub.received else []
        recorded = step["request"]
        topic = recorded["headers"].get("X-WC-Webhook-Topic")
        at = next(
            (n for n, (got, _) in enumerate(self.hub.received) if got.get("X-WC-Webhook-Topic") == topic),
            None,
        )
        if at is None:
            return ["nothing arrived"]
        headers, raw = self.hub.received.pop(at)
        problems = [
            f"header {name}"
            for name, value in recorded["headers"].items()
            if name not in BY_TYPE and headers.get(name) != value
        ]
        if topic is None:
            return problems + ([] if raw == recorded["body"] else [raw])
        made = base64.b64encode(hmac.new(b"whsec-test", raw.encode(), hashlib.sha256).digest()).decode()
        if headers["X-WC-Webhook-Signature"] != made:
            problems.append("signature")
        body = json.loads(recorded["body"])
        return problems + self._compare(body, json.loads(raw), "post", "$", {}, {"path": "", "query": {}})

    def _mapped_path(self, path: str) -> str:
        for pattern, family in PATHS:
            path = re.sub(
                pattern,
                lambda hit, family=family: hit[0].replace(hit[1], str(self.ids.here(family, int(hit[1])))),
                path,
            )
        return path

    def _mapped_query(self, query: dict[str, str], family: str) -> dict[str, str]:
        families = {"include": family, "category": "term", "customer": "customer"}
        mapped = {
            name: str(self.ids.here(families[name], int(value))) if name in families else value
            for name, value in query.items()
        }
        if "consumer_key" in mapped:
            mapped |= {"consumer_key": "ck_admin", "consumer_secret": "cs_admin"}
        return mapped

    def _mapped(self, body: Any, family: str, key: str) -> Any:
        if isinstance(body, dict):
            return (
                {name: self._mapped(value, family, name) for name, value in body.items()}
                if key not in ROWS
                else {name: self._mapped(value, ROWS[key], name) for name, value in body.items()}
            )
        if isinstance(body, list):
            return [self._mapped(item, family, key) for item in body]
        if isinstance(body, int) and not isinstance(body, bool):
            wanted = family if key in ("id", "delete") else REFERENCES.get(key)
            return self.ids.here(wanted, body) if wanted else body
        return body

    def _compare(
        self,
        recorded: Any,
        found: Any,
        family: str,
        at: str,
        trimmed: dict[str, int],
        request: dict[str, Any],
    ) -> list[str]:
        key = re.sub(r"\[\d+\]", "", at.rsplit(".", 1)[-1])
        if isinstance(recorded, dict) and isinstance(found, dict):
            return self._compare_objects(recorded, found, ROWS.get(key, family), at, trimmed, request)
        if isinstance(recorded, list) and isinstance(found, list):
            if key in BY_TYPE:
                return []
            if at in trimmed:
                if len(found) != trimmed[at]:
                    return [f"{at}: {len(found)} instead of {trimmed[at]}"]
            elif len(found) != len(recorded):
                return [f"{at}: {len(found)} entries instead of {len(recorded)}: {str(found)[:150]}"]
            recorded, found = self._in_order(recorded, found, request) if at == "$" else (recorded, found)
            pairs = enumerate(zip(recorded, found, strict=False))
            return [
                p for n, (r, f) in pairs for p in self._compare(r, f, family, f"{at}[{n}]", trimmed, request)
            ]
        if _kind(recorded) != _kind(found):
            return [f"{at}: {found!r} instead of {recorded!r}"]
        return (
            []
            if self._same_value(key, recorded, found, family)
            else [f"{at}: {found!r} instead of {recorded!r}"]
        )

    def _compare_objects(
        self,
        recorded: Any,
        found: Any,
        family: str,
        at: str,
        trimmed: dict[str, int],
        request: dict[str, Any],
    ) -> list[str]:
        problems = []
        if at in trimmed:
            if len(found) != trimmed[at]:
                problems.append(f"{at}: {len(found)} entries instead of {trimmed[at]}")
            kinds = {_kind(value) for value in recorded.values()}
            return problems + [
                f"{at}.{name}: {value!r}" for name, value in found.items() if _kind(value) not in kinds
            ]
        if recorded.keys() != found.keys():
            problems.append(f"{at} keys: {sorted(recorded.keys() ^ found.keys())}")
        if recorded.get("key") == "_refunded_item_id":
            same = self.ids.same("item", int(recorded["value"]), int(found["value"]))
            return problems + ([] if same else [f"{at}: another refunded item"])
        for name in recorded.keys() & found.keys():
            inner = "term" if name == "resource_id" and "term" in str(recorded.get("code", "")) else family
            problems += self._compare(recorded[name], found[name], inner, f"{at}.{name}", trimmed, request)
        return problems

    def _in_order(
        self, recorded: list[Any], found: list[Any], request: dict[str, Any]
    ) -> tuple[list[Any], list[Any]]:
        """Products of one second come in no particular order; notes are ordered by stamps that are not replayed."""
        products = request["path"].endswith("/products") and request["query"].get("orderby") != "id"
        if not (products or request["path"].endswith("/notes")):
            return recorded, found
        family = "post" if products else "note"
        return sorted(recorded, key=lambda r: self.ids.here(family, r["id"])), sorted(
            found, key=lambda f: f["id"]
        )

    def _same_value(self, key: str, recorded: Any, found: Any, family: str) -> bool:
        if key in BY_TYPE or recorded == found:
            return key != "id" or not isinstance(recorded, int) or self.ids.same(family, recorded, found)
        if isinstance(recorded, int | float) and not isinstance(recorded, bool):
            if key == "id":
                return self.ids.same(family, recorded, found)
            if key in ("update", "create", "delete", *REFERENCES):
                return self.ids.same(REFERENCES.get(key, family), recorded, found)
            if key == "resource_id":
                return self.ids.same(family, recorded, found)
            return False
        if isinstance(recorded, str):
            if key == "number":
                return self.ids.same("post", int(recorded), int(found))
            if STAMP.match(recorded):
                return bool(STAMP.match(found))
            return _without_ids(recorded) == _without_ids(found)
        return False


def _family(path: str) -> str:
    return next(family for pattern, family in COLLECTIONS if re.search(pattern, path))


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(type(value))
    return "number" if isinstance(value, int | float) else type(value).__name__


def _without_ids(text: str) -> str:
    """Addresses, coupon notes and hashes, without the parts that are ids."""
    text = re.sub(r"^[0-9a-f]{32}$", "hash", re.sub(r"^\[\d+,", "[N,", text))
    return re.sub(r"/\d+(?=/|$)", "/N", text) if text.startswith("http") else text


def _header_problems(recorded: dict[str, str], answer: httpx2.Response) -> list[str]:
    problems = []
    for name in ("Content-Type", "X-WP-Total", "X-WP-TotalPages", "Location", "Link"):
        wanted, found = recorded.get(name), answer.headers.get(name)
        if name == "Link" and "json" not in recorded["Content-Type"]:
            continue
        if name == "Location" and wanted and found:
            wanted, found = _without_ids(wanted), _without_ids(found)
        if wanted != found:
            problems.append(f"header {name}: {found!r} instead of {wanted!r}")
    return problems


@pytest.fixture(scope="module")
def replay() -> Replay:
    replay = Replay()
    replay.run()
    return replay


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_recorded_exchange_is_answered_as_the_real_shop_did(replay: Replay, scenario: str) -> None:
    different = {
        step: problems
        for (name, step), problems in replay.found.items()
        if name == scenario and problems and (name, step) not in DIFFERENCES
    }
    assert different == {}


def test_what_is_listed_as_different_still_differs(replay: Replay) -> None:
    assert [key for key in DIFFERENCES if not replay.found.get(key)] == []


def test_the_whole_recording_was_replayed(replay: Replay) -> None:
    matched = Counter(not problems for problems in replay.found.values())
    assert len(replay.found) == 322
    assert matched[False] == len(DIFFERENCES)
