"""The status page: what needs a person, whether everything flows, what sold, and the buttons on it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.web.status.conftest import Browser, NewUser, ago, heard, order, stale, update, words

import stockwire.hub
from stockwire.hub.console.wording import count, moment, money, things

NOON = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def test_an_empty_hub_says_why_it_is_empty_and_what_comes_next(
    hub: Any, new_user: NewUser, browser: Browser
) -> None:
    client_id = hub.new_client("Empty Traders")
    text = words(browser(new_user("empty", client_id)).get("/").content.decode())
    assert "Not everything is set up yet" in text
    assert "Add your Omni Accounts as a source, then enrol the agent beside it." in text
    assert "Add the shop you sell from." in text
    assert "They come in by themselves once a channel is connected" in text


def test_nothing_of_another_client_is_ever_shown(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    order(hub, shop, "#1", customer_name="Lerato Dlamini", state="held", reason="Held for a reason.")
    stale(hub, shop, ["HX001"], state="needs_you", message="SKU HX001 was refused.")
    other = hub.new_client("Boland Bouers")
    stranger = browser(new_user("stranger", other))
    text = words(stranger.get("/").content.decode() + stranger.get("/status/live").content.decode())
    for ours in ("Karoo", "Web shop", "Omni Accounts as at", "HX001", "Lerato", "Held for a reason", "#1 "):
        assert ours not in text
    [(order_id,)] = hub.rows("select id from orders")
    ours = [f"/channels/{shop.pk}/{act}" for act in ("resume", "products/try-again", "orders/try-again")]
    ours += [f"/orders/{order_id}/{act}" for act in ("send-again", "release", "settle")]
    for address in ours:
        assert stranger.post(address).status_code == 404
    assert hub.rows("select count(*) from audit") == [(0,)]


def test_a_source_shows_its_agent_its_reading_and_how_fresh_it_is(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    heard(hub)
    update(hub, "Lane", last_run_at=ago(2))
    update(hub, "Source", read_mode="watermark", read_seconds=0.14, read_rows=1204, stock_read_at=ago(180))
    text = read()
    assert "Everything is flowing" in text
    assert "Omni Accounts as at" in text
    assert "3 min ago" in text
    assert "OMNISERVER" in text
    assert "Changed rows only 1 204 0.1 s 0" in text
    assert "No product, order or connection waits for a person." in text


def test_what_is_not_known_yet_is_a_dash_and_never_a_nought(hub: Any, read: Callable[..., str]) -> None:
    heard(hub)
    assert "First reading just now – – – – 0" in read()


def test_a_silent_agent_needs_you_and_says_since_when(hub: Any, shop: Any, read: Callable[..., str]) -> None:
    heard(hub, seconds_ago=7300)
    text = read()
    assert "One thing needs you" in text
    assert "The agent of Omni Accounts on OMNISERVER was last heard of 2 h ago." in text
    assert "See that the machine is on" in text


def test_a_source_without_an_agent_says_how_to_get_one(hub: Any, shop: Any, read: Callable[..., str]) -> None:
    update(hub, "Agent", revoked_at=ago(5))
    assert "Install the agent beside it and enrol it" in read()


def test_a_reading_that_fails_shows_its_message_and_fix(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    heard(hub)
    update(hub, "Source", read_error="The column SELLINGPRICE1 is missing.", read_hint="Add it to the query.")
    text = read()
    assert "OMNISERVER Needs you" in text
    assert "The column SELLINGPRICE1 is missing." in text
    assert "Add it to the query." in text


def test_the_same_trouble_of_many_products_is_one_cause_with_five_names(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    heard(hub)
    skus = [f"HX{number:03}" for number in range(41)]
    stale(hub, shop, skus, state="needs_you", message="SKU {sku} has no price.", hint="Give {sku} a price.")
    text = read()
    assert "One thing needs you" in text
    assert "SKU … has no price. 41 products · Web shop" in text
    assert "Fix Give … a price. HX000 HX001 HX002 HX003 HX004 and 36 more Try all 41 again" in text
    assert "HX005" not in text


def test_one_product_is_named_in_its_message(hub: Any, shop: Any, read: Callable[..., str]) -> None:
    stale(hub, shop, ["HX001"], state="needs_you", message="SKU {sku} has no price.")
    assert "SKU HX001 has no price. 1 product · Web shop" in read()


def test_different_fixes_of_the_same_message_stay_apart(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    heard(hub)
    stale(hub, shop, ["HX001"], state="needs_you", message="It was refused.", hint="Shorten the title.")
    stale(hub, shop, ["HX002"], state="needs_you", message="It was refused.", hint="Add a price.")
    assert "2 things need you" in read()


def test_unusable_rows_and_orders_for_a_person_are_causes_too(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    from stockwire.hub.models import OrderMark, SourceProblem

    heard(hub)
    with hub.scope():
        SourceProblem.objects.create(
            client_id=hub.client_id,
            source_id=hub.source_id,
            code="",
            message="A row has no STOCKCODE.",
            seen_at=ago(60),
        )
        OrderMark.objects.create(
            client_id=hub.client_id,
            channel=shop,
            channel_order_code="4411",
            needs_you=True,
            message="Order 4411 cannot be read.",
        )
    order(hub, shop, "#1042", state="held", reason="Order #1042 is R 7.50 out.", hint="Compare it.")
    text = read()
    assert "3 things need you" in text
    assert text.index("Order #1042 is R 7.50 out.") < text.index("Order 4411 cannot be read.")
    assert text.index("Order 4411 cannot be read.") < text.index("A row has no STOCKCODE.")
    assert "(blank)" in text


def test_a_channel_shows_its_backlog_by_state_and_the_oldest(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    stale(hub, shop, ["A1", "A2", "A3"], since=ago(4000))
    stale(hub, shop, ["B1"], state="backing_off")
    stale(hub, shop, ["C1", "C2"], state="skipped")
    update(hub, "Channel", webhooks_note="order.updated is delivered here.", orders_seen_until=ago(125))
    text = read()
    assert "Waiting 3 1 0 2 1 h ago 0 2 min ago" in text
    assert "Webhooks order.updated is delivered here." in text


def test_orders_are_counted_by_state_and_the_newest_twenty_are_listed(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    for number in range(21):
        order(
            hub,
            shop,
            f"#{1000 + number}",
            state="raised",
            document_number=f"SO{number:04}",
            stored_at=ago(1000 - number),
            total=Decimal("1234.5"),
        )
    order(hub, shop, "#2000", state="saved", reason="Not paid yet.", total=Decimal("99999"))
    order(hub, shop, "#2001", state="raised", stored_at=ago(40 * 86400), ordered_at=ago(40 * 86400))
    text = read()
    assert "Saved 1 Waiting for Omni 0 Being raised 0 Raised 21 Held 0" in text
    assert "#1020" in text
    assert "#1002 " in text
    assert "#1001 " not in text
    assert "R 1 234.50 Raised SO0020" in text
    assert "Not paid yet." in text
    assert "Last 7 days R 25 924.50 21 orders" in text


def test_sales_in_two_currencies_are_never_added_up(hub: Any, shop: Any, read: Callable[..., str]) -> None:
    order(hub, shop, "#1", state="raised", total=Decimal(100))
    order(hub, shop, "#2", state="raised", total=Decimal(100))
    order(hub, shop, "#3", state="ready", total=Decimal(7), currency="USD")
    assert "Last 7 days R 200.00 + USD 7.00 3 orders" in read()


def test_what_a_shop_sends_is_shown_as_text_and_never_as_markup(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    nasty = "<script>alert(1)</script>"
    order(hub, shop, nasty, state="held", reason=nasty, customer_name=nasty)
    stale(hub, shop, [nasty], state="needs_you", message=nasty)
    page = browser(new_user()).get("/").content.decode()
    assert nasty not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_refreshed_part_is_the_same_as_on_the_page(hub: Any, shop: Any, read: Callable[..., str]) -> None:
    order(hub, shop, "#1042", state="held", reason="It is out.")
    part = read("/status/live")
    assert part[part.index("Newest orders") :] in read()
    assert "<html" not in part


def test_more_rows_need_no_more_queries_and_no_heavy_page(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    inside = browser(new_user())
    order(hub, shop, "#1", state="held", reason="It is out.")
    with CaptureQueriesContext(connection) as few:
        inside.get("/")
    for number in range(2, 40):
        order(hub, shop, f"#{number}", state="held", reason=f"Reason {number} of a good length, as they are.")
    with CaptureQueriesContext(connection) as many:
        page = inside.get("/").content
    assert len(many) == len(few)
    static = Path(stockwire.hub.__file__).parent / "static" / "stockwire"
    files = [file.read_bytes() for file in static.rglob("*") if file.suffix in {".css", ".js", ".svg"}]
    assert sum(len(gzip.compress(content)) for content in [page, *files]) < 100_000


def test_states_are_a_word_and_an_icon_that_exists_and_never_a_colour_alone(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    page = browser(new_user()).get("/").content.decode()
    states = re.findall(r'<span class="state (\w+)">(.*?)</span>', page)
    assert states
    icons = (Path(stockwire.hub.__file__).parent / "static/stockwire/icons.svg").read_text()
    for tone, inside in states:
        assert tone in {"none", "wait", "run", "later", "needs", "good"}
        [icon] = re.findall('#(.+?)"', inside)
        assert f'id="{icon}"' in icons
        assert words(inside)


@pytest.mark.parametrize(
    ("seconds_ago", "text"),
    [
        (0, "just now"),
        (42, "42 s ago"),
        (180, "3 min ago"),
        (7200, "2 h ago"),
        (90000, "25 h ago"),
        (260000, "3 days ago"),
        (-90, "in 1 min"),
    ],
)
def test_moments_read_as_people_say_them(seconds_ago: int, text: str) -> None:
    shown = moment(NOON - timedelta(seconds=seconds_ago), NOON)
    assert shown is not None
    assert shown.text == text


def test_the_exact_time_is_south_african() -> None:
    shown = moment(NOON, NOON)
    assert shown is not None
    assert (shown.clock, shown.exact) == ("12:00", "Wednesday 04 March 2026, 12:00:00 South African time")
    assert moment(None, NOON) is None


def test_numbers_read_the_south_african_way() -> None:
    assert money(Decimal("1234567.005"), "ZAR") == "R\u00a01\u00a0234\u00a0567.01"
    assert money(Decimal("-7.5"), "USD") == "USD\u00a0-7.50"
    assert (count(12402), count(None), things(1, "row", "rows")) == ("12\u00a0402", "–", "1 row")


def test_a_channel_says_what_its_last_comparison_with_the_shop_found(
    hub: Any, shop: Any, read: Callable[..., str]
) -> None:
    from stockwire.hub.models import DriftReport

    def report(**fields: Any) -> None:
        with hub.scope():
            DriftReport.objects.create(
                client_id=hub.client_id, channel=shop, asked_by="every night", finished_at=ago(90), **fields
            )

    assert "Compared with the shop" not in read()
    report(state="done", counts={"different": 3, "missing": 1, "extra_known": 2})
    assert "Compared with the shop missing there: 1, fields that differ: 3" in read()
    report(state="failed", message="The shop does not answer.")
    report(state="requested")
    assert "Compared with the shop it could not be made: The shop does not answer." in read()
