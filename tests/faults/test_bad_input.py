"""Bad rows, wrong set-ups and bad deliveries through the whole house: a clear message, nothing lost, and the
rest goes on. What each room does with them by itself is proven in its own tests.
"""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import Any

import httpx2
import pytest

from stockwire.connectors.woocommerce.webhooks import signature_of
from stockwire.demo.stage import COMPANY, OMNI_PASSWORD, USER
from stockwire.simulators.woocommerce import people

pytestmark = pytest.mark.slow

SECRET = "a secret both sides know"
# The price may come as text and the description longer than any shop takes it, as sites' own queries do.
QUERY = """SELECT s.STOCKCODE,
 CASE WHEN s.EXTRADTLS19 = 'LONG' THEN RPAD(s.DESCRIPTION, 600, '.') ELSE s.DESCRIPTION END AS DESCRIPTION,
 s.EXTRADTLS8,
 CASE WHEN s.EXTRADTLS20 STARTING WITH 'PRICE ' THEN SUBSTRING(s.EXTRADTLS20 FROM 7)
  ELSE CAST(s.SELLINGPRICE1 AS VARCHAR(30)) END AS SELLINGPRICE1,
 MAXVALUE(0, s.STOCKLEVEL - s.RESERVED) AS "OAvailable", s.CATEGORY, s.RDB$RECORD_VERSION AS CHANGEMARK
 FROM STOCK s"""
Statement = tuple[str, tuple[Any, ...]]
_codes, _levels = count(), count(2000)


@pytest.fixture(scope="module")
def shop_house(build_house: Any) -> Iterator[Any]:
    """A house whose product query yields texts, and whose webhook secret is known."""
    with build_house(product_query=QUERY, shop_settings={"hmac_shared_secret": SECRET}) as house:
        yield house


@pytest.fixture(scope="module")
def status_page(shop_house: Any) -> Iterator[Callable[[], str]]:
    """The status page as somebody signed in at the real web process reads it."""
    with httpx2.Client(base_url=shop_house.stage.hub_url, follow_redirects=True, timeout=30) as browser:
        form = browser.get("/sign-in").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token
        signed_in = browser.post(
            "/sign-in",
            data={"username": USER, "password": shop_house.stage.password, "csrfmiddlewaretoken": token[1]},
            headers={"Referer": shop_house.stage.hub_url},
        )
        assert signed_in.status_code == 200
        yield lambda: html.unescape(browser.get("/").text)


def set_price_text(text: str) -> Callable[[str], list[Statement]]:
    return lambda code: [("update STOCK set EXTRADTLS20 = ? where STOCKCODE = ?", (f"PRICE {text}", code))]


def lengthen(code: str) -> list[Statement]:
    return [("update STOCK set EXTRADTLS19 = 'LONG' where STOCKCODE = ?", (code,))]


def put_foreign_byte(code: str) -> list[Statement]:
    byte = (
        "update STOCK set CATEGORY = cast(x'618162' as varchar(3) character set octets) where STOCKCODE = ?"
    )
    return [(byte, (code,))]


def add_another(code: str) -> list[Statement]:
    return [
        ("insert into STOCK (STOCKCODE, DESCRIPTION, EXTRADTLS8) values (?, 'The other', 'ACTIVE')", (code,))
    ]


def add_nameless(_: str) -> list[Statement]:
    return [
        ("insert into STOCK (STOCKCODE, DESCRIPTION, EXTRADTLS8) values ('  ', 'The other', 'ACTIVE')", ())
    ]


BAD_ROWS = [
    (
        "a price that is no number",
        set_price_text("R 12.50"),
        '{code}: SELLINGPRICE1 is "R 12.50", which is no number.',
    ),
    (
        "a price with a decimal comma",
        set_price_text("12,50"),
        '{code}: SELLINGPRICE1 is "12,50", which is no number.',
    ),
    (
        "a price of less than nothing",
        set_price_text("-5.00"),
        "{code}: SELLINGPRICE1 is -5.00, less than nothing.",
    ),
    ("a text longer than its column", lengthen, "{code}: DESCRIPTION has 600 characters, more than 500."),
    (
        "a byte outside the character set",
        put_foreign_byte,
        "{code}: the row was left out because CATEGORY holds the byte 81",
    ),
    (
        "a stock code that comes twice",
        add_another,
        "{code}: more than one row has this STOCKCODE. The first one was used.",
    ),
    ("a row without stock code", add_nameless, "A row without STOCKCODE was left out."),
]


@pytest.mark.parametrize("_, spoil, words", BAD_ROWS, ids=[said for said, *_ in BAD_ROWS])
def test_a_bad_row_is_named_leaves_the_shop_alone_and_is_taken_once_it_is_cured(
    shop_house: Any,
    status_page: Callable[[], str],
    _: str,
    spoil: Callable[[str], list[Statement]],
    words: str,
) -> None:
    stage = shop_house.stage
    code, neighbour = fresh_codes(shop_house, 2)
    if spoil is add_another:
        code = stored_first(shop_house)
    said = words.format(code=code)
    before = shop_house.shown(code)
    level = next(_levels)
    stage.change_stock_database(*spoil(code), set_level(neighbour, level))
    shop_house.until(
        lambda: any(said in message for message in shop_house.problems()), f"the hub says: {said}"
    )
    shop_house.until(lambda: shop_house.shown(neighbour)[2] == level, "the row beside it arrives")
    assert shop_house.shown(code) == before
    assert said in status_page()
    cured = next(_levels)
    stage.change_stock_database(*cure(code), set_level(code, cured))
    shop_house.until(lambda: shop_house.shown(code)[2] == cured, "the cured row arrives")
    if code in said:
        # Rows without a code cannot be told apart: what was said of them stays.
        shop_house.until(
            lambda: not any(said in message for message in shop_house.problems()), "the problem is gone"
        )


def test_more_decimals_than_money_has_are_rounded_and_said(
    shop_house: Any, status_page: Callable[[], str]
) -> None:
    (code,) = fresh_codes(shop_house, 1)
    said = f"{code}: SELLINGPRICE1 is 12.345678, more than 4 decimals: 12.3457 was used."
    shop_house.stage.change_stock_database(*set_price_text("12.345678")(code))
    shop_house.until(lambda: shop_house.shown(code)[1] == "12.35", "the rounded price is in the shop")
    shop_house.until(lambda: said in shop_house.problems(), f"the hub says: {said}")
    assert said in status_page()
    shop_house.stage.change_stock_database(*cure(code))
    shop_house.until(lambda: said not in shop_house.problems(), "the note is gone")


def test_a_missing_column_is_named_with_the_columns_there_are(
    shop_house: Any, status_page: Callable[[], str]
) -> None:
    said = "The product query yields no DESCRIPTION. It yields: STOCKCODE, NAME, EXTRADTLS8, SELLINGPRICE1, OAvailable"
    with changed_configuration(shop_house, ("END AS DESCRIPTION", "END AS NAME")) as agent_says:
        shop_house.until(lambda: said in shop_house.read_error(), f"the source says: {said}")
        assert said in status_page()
        shop_house.until(lambda: said in agent_says(), "the agent's log says so too")
        assert "Add DESCRIPTION to the agent's product query" in agent_says()
    assert_changes_arrive(shop_house)


WRONG_DATABASE = [
    ("the database", ("omni.fdb", "nobody.fdb"), "does not exist or cannot be opened", "Check database.path"),
    ("the user", ('user = "STOCKWIRE_READER"', 'user = "SOMEBODY"'), "refuses the user 'SOMEBODY' or its password", "Check database.user"),
    ("the password", ('password = "read-only"', 'password = "wrong"'), "refuses the user 'STOCKWIRE_READER' or its password", "Check database.user and database.password"),
]  # fmt: skip


@pytest.mark.parametrize("_, wrong, words, fix", WRONG_DATABASE, ids=[said for said, *_ in WRONG_DATABASE])
def test_what_is_wrong_about_the_database_is_said_on_both_sides_and_orders_go_on(
    shop_house: Any, status_page: Callable[[], str], _: str, wrong: tuple[str, str], words: str, fix: str
) -> None:
    with changed_configuration(shop_house, wrong) as agent_says:
        shop_house.until(lambda: words in shop_house.read_error(), f"the source says: {words}")
        page = status_page()
        assert words in page
        assert fix in page
        shop_house.until(lambda: words in agent_says(), "the agent's log says so")
        orders = shop_house.place_orders(1)
        shop_house.until(lambda: shop_house.all_raised(orders), "orders do not need the database")
        assert '"wrong"' not in agent_says()
    assert_changes_arrive(shop_house)


WRONG_OMNI = [
    ("the company", (f'company = "{COMPANY}"', 'company = "Somebody else"'), "company name"),
    ("the password", (f'password = "{OMNI_PASSWORD}"', 'password = "guessed"'), "password"),
]


@pytest.mark.parametrize("_, wrong, words", WRONG_OMNI, ids=[said for said, *_ in WRONG_OMNI])
def test_an_order_waits_with_the_reason_while_the_set_up_of_omni_is_wrong(
    shop_house: Any, status_page: Callable[[], str], _: str, wrong: tuple[str, str], words: str
) -> None:
    with changed_configuration(shop_house, wrong) as agent_says:
        orders = shop_house.place_orders(2)

        def reasons() -> list[tuple[str, str]]:
            rows = shop_house.stage.rows(
                "select reason, hint from orders where channel_order_code = any(%s) and state = 'ready'",
                orders,
            )
            return [row for row in rows if words in row[0]]

        shop_house.until(lambda: len(reasons()) == 2, "both orders wait and say why")
        assert all(hint for _, hint in reasons())
        shop_house.until(lambda: words in agent_says(), "the agent's log says so")
        assert "guessed" not in agent_says()
        assert_changes_arrive(shop_house)
    shop_house.until(lambda: shop_house.all_raised(orders), "both are raised once it is right")
    assert set(shop_house.documents_of(orders).values()) == {1}


def test_a_revoked_agent_says_what_to_do_and_loses_nothing(
    shop_house: Any, status_page: Callable[[], str]
) -> None:
    stage = shop_house.stage
    agent_says = shop_house.log_from_now()
    (agent_id,) = stage.rows("select id from agents where revoked_at is null")[0]
    shop_house.stockwire("source", "revoke-agent", "--client", str(stage.ids["client_id"]), str(agent_id))
    (code,) = fresh_codes(shop_house, 1)
    level = next(_levels)
    stage.change_stock_database(set_level(code, level))
    orders = shop_house.place_orders(2)
    shop_house.until(lambda: "does not accept this agent's token" in agent_says(), "the agent says so")
    assert "stockwire agent enrol --config agent.toml --code CODE" in agent_says()
    shop_house.until(
        lambda: set(shop_house.order_states(orders)) <= {"ready", "raising"}, "the orders are stored"
    )
    said = shop_house.stockwire(
        "source",
        "agent-code",
        "--client",
        str(stage.ids["client_id"]),
        str(stage.ids["source_id"]),
    )
    enrolment = re.search(r"\b[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}\b", said)
    assert enrolment, said
    shop_house.stockwire("agent", "enrol", "--config", str(stage.agent_config), "--code", enrolment[0])
    shop_house.until(lambda: shop_house.shown(code)[2] == level, "the change arrives after all")
    shop_house.until(lambda: shop_house.all_raised(orders), "the orders are raised after all")
    assert set(shop_house.documents_of(orders).values()) == {1}
    (token,) = re.findall(r"\S+", (stage.agent_config.parent / "data" / "hub.token").read_text())
    assert token not in agent_says()


def test_webhooks_in_any_number_and_order_forged_empty_or_huge_leave_one_document_per_order(
    shop_house: Any,
) -> None:
    stage = shop_house.stage
    ((key,),) = stage.rows("select webhook_key from channels")
    url = f"{stage.hub_url}/hooks/{key}"
    orders = shop_house.place_orders(2)
    deliveries = [
        delivery(code, status) for code in orders for status in ("pending", "processing") for _ in range(10)
    ]
    random.Random(7).shuffle(deliveries)
    forged = delivery("99999999", "processing", secret="guessed")
    with httpx2.Client(timeout=60) as anybody:
        for body, headers in deliveries:
            assert anybody.post(url, content=body, headers=headers).status_code == 200
        answer = anybody.post(url, content=forged[0], headers=forged[1])
        assert answer.status_code == 401
        assert "signature does not fit" in answer.json()["message"]
        answer = anybody.post(url, content=b"", headers=forged[1])
        assert answer.status_code == 400
        assert "empty" in answer.json()["message"]
        assert huge(anybody, url) == 413
    later = shop_house.place_orders(1)
    shop_house.until(lambda: shop_house.all_raised([*orders, *later]), "all are raised, the later one too")
    assert set(shop_house.documents_of([*orders, *later]).values()) == {1}
    assert shop_house.documents_without_order() == []
    assert stage.rows("select count(*) from orders where channel_order_code = '99999999'") == [(0,)]
    assert stage.rows("select count(*) from order_marks where channel_order_code = '99999999'") == [(0,)]


def test_odd_orders_are_raised_or_stopped_with_the_reason_and_hold_up_nobody(
    shop_house: Any, status_page: Callable[[], str]
) -> None:
    stage = shop_house.stage
    place = stage.shop.app.acts["place_order"]
    skus = fresh_codes(shop_house, 50)
    large = place({"lines": [{"sku": skus[n % 50], "quantity": 1} for n in range(500)]})
    free = place({"lines": [{"sku": skus[1], "quantity": 1}], "coupon": free_coupon(stage)})
    unknown = place({"shape": "unknown_sku"})
    nobody = place({"billing": {"first_name": "", "last_name": "", "email": "", "address_1": ""}})
    raised = [str(order["id"]) for order in (large, free, nobody)]
    stopped = str(unknown["id"])
    shop_house.until(lambda: shop_house.all_raised(raised), "the odd orders are raised")
    shop_house.until(
        lambda: shop_house.order_states([stopped]) == ["refused"], "the unknown SKU stops its order"
    )
    assert set(shop_house.documents_of(raised).values()) == {1}
    bodies = {document["reference"]: document["body"] for document in stage.documents()}
    references = dict(stage.rows("select channel_order_code, reference from orders"))
    lines = {code: bodies[references[code]]["order_lines"] for code in raised}
    assert len(lines[str(large["id"])]) == 500
    assert free["total"] == "0.00"
    ((reason, hint),) = stage.rows("select reason, hint from orders where channel_order_code = %s", stopped)
    assert "SHOP-ONLY" in reason
    assert hint
    assert reason in status_page()


def free_coupon(stage: Any) -> str:
    """A coupon that leaves nothing to pay."""
    shop = stage.shop.app.shop
    with shop.lock:
        people.add_coupon(shop, {"code": "alles-gratis", "discount_type": "percent", "amount": "100"})
    return "alles-gratis"


def huge(anybody: httpx2.Client, url: str) -> int:
    """Status for ten megabytes; the hub may hang up before it has read them all, but it does answer."""
    with anybody.stream("POST", url, content=(b"x" * 100_000 for _ in range(100))) as answer:
        return answer.status_code


def delivery(code: str, status: str, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(
        {"id": int(code), "status": status, "date_modified_gmt": "2026-11-23T08:00:00"}
    ).encode()
    return body, {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": "order.updated",
        "X-WC-Webhook-Signature": signature_of(secret, body),
    }


def fresh_codes(house: Any, wanted: int) -> list[str]:
    """Active stock codes that no other test has touched."""
    rows = house.stage.read_stock_database(
        "select STOCKCODE from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE' and SELLINGPRICE1 > 1"
        " and trim(STOCKCODE) <> '' order by STOCKCODE desc"
    )
    return [rows[next(_codes)][0] for _ in range(wanted)]


def stored_first(house: Any) -> str:
    """The active stock code whose row Firebird gives first. Before any other, a row that is added may find
    room, and then it is the added one that comes first and is used."""
    rows = house.stage.read_stock_database(
        "select first 1 STOCKCODE from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE' and SELLINGPRICE1 > 1"
        " and trim(STOCKCODE) <> '' order by RDB$DB_KEY"
    )
    return str(rows[0][0])


def set_level(code: str, level: int) -> Statement:
    return ("update STOCK set STOCKLEVEL = RESERVED + ? where STOCKCODE = ?", (Decimal(level), code))


def cure(code: str) -> list[Statement]:
    return [
        (
            "update STOCK set EXTRADTLS19 = '', EXTRADTLS20 = '', CATEGORY = 'GRO' where STOCKCODE = ?",
            (code,),
        ),
        ("delete from STOCK where DESCRIPTION = 'The other'", ()),
    ]


def assert_changes_arrive(house: Any) -> None:
    (code,) = fresh_codes(house, 1)
    level = next(_levels)
    house.stage.change_stock_database(set_level(code, level))
    house.until(lambda: house.shown(code)[2] == level, "a change arrives")


@contextmanager
def changed_configuration(house: Any, *replaced: tuple[str, str]) -> Iterator[Callable[[], str]]:
    """The agent restarted with these texts of agent.toml replaced, and with the right ones afterwards."""
    file = house.stage.agent_config
    right = file.read_text()
    wrong = right
    for old, new in replaced:
        assert wrong.count(old) == 1, old
        wrong = wrong.replace(old, new)
    agent_says = house.log_from_now()
    house.restart_agent(wrong)
    try:
        yield agent_says
    finally:
        house.restart_agent(right)
