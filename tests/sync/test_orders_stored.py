"""What becomes of an order's truth: stored once, proven, matched, and sent on, held or cancelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain.records import Address, Customer, Discount, Order, OrderLine, ShippingLine, TaxLine
from stockwire.errors import Refused

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
VAT = (TaxLine("VAT", Decimal("15.00"), Decimal(15)),)


def line(sku: str = "BOLT-8", **more: Any) -> OrderLine:
    given: dict[str, Any] = {
        "channel_line_code": "1",
        "sku": sku,
        "title": "Bolt",
        "quantity": Decimal(1),
        "total_excl_tax": Decimal(100),
        "subtotal_excl_tax": Decimal(100),
        "tax_lines": VAT,
    }
    return OrderLine(**{**given, **more})


def order_of(*lines: OrderLine, code: str = "41", **more: Any) -> Order:
    tax = sum((one.tax for one in lines), Decimal(0))
    given: dict[str, Any] = {
        "channel_order_code": code,
        "number": f"#{code}",
        "status": "processing",
        "currency": "ZAR",
        "ordered_at": AT,
        "modified_at": AT,
        "total": sum((one.total_excl_tax for one in lines), tax),
        "total_tax": tax,
        "lines": lines,
    }
    return Order(**{**given, **more})


@pytest.fixture
def store(rehearsal: Any) -> Callable[[Order], dict[str, Any]]:
    """Store an order as if the channel had just stated it, and give back its row."""
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.store_order import Shop, store_order
    from stockwire.registry import channel_connector

    def stored(order: Order, channel_id: int | None = None) -> dict[str, Any]:
        with rehearsal.hub.scope():
            row = Channel.objects.select_related("source").get(pk=channel_id or rehearsal.channel_id)
            connector = channel_connector(row.type)
            pk = store_order(Shop(row, connector, row.read_settings(connector.settings)), order).pk
        return dict(rehearsal._one("select * from orders where id = %s", pk))

    return stored


def test_the_same_truth_ten_times_is_one_order_with_one_line_of_history(rehearsal: Any, store: Any) -> None:
    for _ in range(10):
        store(order_of(line()))
    assert rehearsal.count("orders") == 1
    assert rehearsal.count("order_lines") == 1
    assert len(rehearsal.history("41")) == 1


def test_a_stamp_that_moves_without_a_change_leaves_no_history(rehearsal: Any, store: Any) -> None:
    store(order_of(line()))
    later = AT + timedelta(hours=1)
    assert store(order_of(line(), modified_at=later))["modified_at"] == later
    assert len(rehearsal.history("41")) == 1


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(order_of(line(quantity=Decimal("2.5"))), id="fractional quantity"),
        pytest.param(
            order_of(line(total_excl_tax=Decimal(0), tax_lines=())), id="nothing to pay and no tax at all"
        ),
        pytest.param(order_of(*[line(f"BOLT-{n}") for n in range(500)]), id="500 lines"),
        pytest.param(order_of(line(), customer=Customer(), billing_address=Address()), id="no customer"),
        pytest.param(order_of(line("NEVER-HEARD-OF")), id="an SKU that the hub does not know"),
        pytest.param(order_of(line(), line()), id="the same SKU on two lines"),
        pytest.param(order_of(line(title="Bolt\x00 " + "x" * 900), notes="\x00"), id="texts no column takes"),
    ],
)
def test_an_odd_order_goes_on_to_omni_as_it_is(rehearsal: Any, store: Any, odd: Order) -> None:
    assert store(odd)["state"] == "ready"
    assert rehearsal.count("order_lines") == len(odd.lines)
    given = rehearsal.claim()
    assert len(given[0].body["sales_order"]["order_lines"]) == len(odd.lines)


def test_an_order_that_does_not_add_up_is_held_with_the_difference(rehearsal: Any, store: Any) -> None:
    stored = store(order_of(line(), total=Decimal("114.99")))
    assert stored["state"] == "held"
    assert "R 0.01 less" in stored["reason"]
    assert (stored["proof"]["difference"], stored["proof"]["items"]) == ("-0.01", "100.00")
    assert stored["hint"]
    assert rehearsal.claim() == []


def test_an_order_held_for_its_total_goes_on_when_the_shop_corrects_it(store: Any) -> None:
    store(order_of(line(), total=Decimal("100")))
    assert store(order_of(line()))["state"] == "ready"


def test_an_order_with_a_line_without_sku_is_held_with_the_fix(store: Any) -> None:
    stored = store(order_of(line(), line("  ", title="Gift wrap")))
    assert stored["state"] == "held"
    assert "line 2, 'Gift wrap', has no SKU" in stored["reason"]
    assert "SKU in the shop" in stored["hint"]


def test_an_order_that_may_not_be_raised_yet_is_saved_whatever_its_totals(store: Any) -> None:
    stored = store(order_of(line(), status="on-hold", total=Decimal(1)))
    assert (stored["state"], "on-hold" in stored["reason"]) == ("saved", True)


def test_an_impossible_amount_is_refused_before_the_database_chokes(store: Any) -> None:
    with pytest.raises(Refused, match="Order #41 contains the number"):
        store(order_of(line(total_excl_tax=Decimal(10) ** 15)))


def test_lines_are_matched_by_the_channels_ids_then_by_sku_in_any_spelling(
    rehearsal: Any, store: Any
) -> None:
    from stockwire.hub.models import ChannelLink

    bolt, nut = rehearsal.product("BOLT-8"), rehearsal.product("nut-8")
    with rehearsal.hub.scope():
        ChannelLink.objects.create(
            client_id=rehearsal.hub.client_id,
            channel_id=rehearsal.channel_id,
            variant_id=bolt,
            product_code="77",
        )
    store(
        order_of(
            line("", channel_product_code="77", channel_variant_code="0"),
            line(" NUT-8 "),
            line("WASHER"),
        )
    )
    found = rehearsal.hub.rows("select variant_id from order_lines order by position")
    assert [row[0] for row in found] == [bolt, nut, None]
    lines = rehearsal.claim()[0].body["sales_order"]["order_lines"]
    assert [one["stock_code"] for one in lines] == ["BOLT-8", "nut-8", "WASHER"]


def test_an_sku_that_fits_two_variants_matches_neither(rehearsal: Any, store: Any) -> None:
    rehearsal.product("bolt-8")
    rehearsal.product("Bolt-8")
    store(order_of(line("BOLT-8")))
    assert rehearsal.hub.rows("select variant_id from order_lines") == [(None,)]


def test_everything_the_customer_was_shown_is_read_back(rehearsal: Any, store: Any) -> None:
    from stockwire.hub.sync.orders_read import read_orders

    fee = ShippingLine("Gift wrap", Decimal(20), (TaxLine("VAT", Decimal(3), Decimal(15)),), "fee")
    whole = order_of(
        line(),
        total=Decimal(138),
        total_tax=Decimal(18),
        shipping_lines=(fee,),
        discounts=(Discount("TEN", Decimal("11.11")),),
        paid_at=AT,
        customer=Customer("7", "a@example.com", "Anna", "van der Berg"),
        billing_address=Address(first_name="Anna", city="Cradock"),
        payment_method="EFT",
        notes="Ring twice",
        params={"transaction_id": "pf-1"},
    )
    pk = store(whole)["id"]
    with rehearsal.hub.scope():
        assert read_orders([pk])[pk] == whole


def test_a_cancelled_order_that_is_paid_after_all_goes_on(store: Any) -> None:
    assert store(order_of(line(), status="cancelled"))["state"] == "cancelled"
    assert store(order_of(line(), status="processing"))["state"] == "ready"


@pytest.mark.parametrize(
    ("status", "state"), [("completed", "ready"), ("packed-by-plugin", "ready"), ("on-hold", "saved")]
)
def test_an_order_let_through_is_not_lost_when_the_shop_completes_it_first(
    store: Any, status: str, state: str
) -> None:
    assert store(order_of(line(), status=status))["state"] == "saved"
    store(order_of(line(), status="processing"))
    assert store(order_of(line(), status=status))["state"] == state


def test_an_order_changed_before_it_is_raised_is_raised_as_changed(rehearsal: Any, store: Any) -> None:
    reference = store(order_of(line()))["reference"]
    changed = store(order_of(line(), line("NUT-8")))
    assert (changed["reference"], changed["total"]) == (reference, Decimal(230))
    assert rehearsal.count("order_lines") == 2
    assert rehearsal.count("order_tax_lines") == 2
    assert rehearsal.history("41")[-1] == "The order was changed on the channel."
    assert len(rehearsal.claim()[0].body["sales_order"]["order_lines"]) == 2


def test_a_new_warning_of_the_connector_is_told_once(rehearsal: Any, store: Any) -> None:
    for _ in range(3):
        store(order_of(line(), warnings=("The shop refunded R 10.00.",)))
    assert rehearsal.history("41").count("The shop refunded R 10.00.") == 1


def test_an_order_marks_its_products_when_it_begins_and_ends_to_hold_stock(
    rehearsal: Any, store: Any
) -> None:
    from stockwire.hub.sync.raise_orders import held_quantities

    bolt = rehearsal.product("BOLT-8")
    rehearsal.product("NUT-8")

    def held() -> dict[int, Decimal]:
        with rehearsal.hub.scope():
            return held_quantities([bolt])

    store(order_of(line(), status="pending"))
    assert (rehearsal.stale(), held()) == (set(), {})
    store(order_of(line(quantity=Decimal("2.5"))))
    assert (rehearsal.stale(), held()) == ({"BOLT-8"}, {bolt: Decimal("2.5")})
    store(order_of(line(quantity=Decimal("2.5")), status="completed"))
    assert rehearsal.stale() == set()
    store(order_of(line(quantity=Decimal("2.5")), status="cancelled"))
    assert (rehearsal.stale(), held()) == ({"BOLT-8"}, {})


def test_what_a_person_holds_stays_held_and_what_they_release_stays_released(
    rehearsal: Any, store: Any
) -> None:
    store(order_of(line()))
    rehearsal.act_as_person("hold", "41")
    assert store(order_of(line(), status="completed", modified_at=AT))["state"] == "held"
    rehearsal.act_as_person("release_hold", "41")
    wrong = order_of(line(), total=Decimal(1))
    assert store(wrong)["state"] == "held"
    rehearsal.act_as_person("release_hold", "41")
    assert store(wrong)["state"] == "ready"
    assert rehearsal.hub.rows("select who, action, subject from audit order by id") == [
        ("thandi", "hold", "order #41"),
        ("thandi", "release", "order #41"),
        ("thandi", "release", "order #41"),
    ]


def test_what_a_person_cancels_stays_cancelled_until_they_send_it(rehearsal: Any, store: Any) -> None:
    store(order_of(line()))
    rehearsal.act_as_person("cancel", "41")
    store(order_of(line(), status="on-hold"))
    assert store(order_of(line()))["state"] == "cancelled"
    rehearsal.act_as_person("send_again", "41")
    assert rehearsal.order("41")["state"] == "ready"


def test_an_order_deleted_on_the_channel_is_cancelled(rehearsal: Any, store: Any) -> None:
    rehearsal.product("BOLT-8")
    store(order_of(line(), code="41000001"))
    rehearsal.stale()
    rehearsal.mark("41000001", "41000002")
    rehearsal.take(poll=False)
    order = rehearsal.order("41000001")
    assert (order["state"], order["status"]) == ("cancelled", "deleted")
    assert rehearsal.stale() == {"BOLT-8"}
    assert (rehearsal.count("orders"), rehearsal.count("order_marks")) == (1, 0)


def test_a_reference_belongs_to_its_order_even_after_the_hub_was_lost(rehearsal: Any, store: Any) -> None:
    first = [store(order_of(line(), code=str(code)))["reference"] for code in range(41, 61)]
    assert len(set(first)) == 20
    assert all(len(one) <= 15 and one.isalnum() and one.isupper() for one in first)
    rehearsal.hub.owner.execute("delete from order_history")
    for table in ("order_tax_lines", "order_lines", "orders"):
        rehearsal.hub.owner.execute(f"delete from {table}")
    rehearsal.hub.owner.execute("alter sequence orders_id_seq restart")
    assert store(order_of(line(), code="60"))["reference"] == first[-1]


def test_the_same_order_through_a_second_channel_on_the_same_shop_is_held(rehearsal: Any, store: Any) -> None:
    settings = rehearsal.channel()["settings"] | {"hmac_shared_secret": None}
    second = rehearsal.hub.new_channel(
        description="Web shop again",
        **settings | {"consumer_key": "ck_" + "5" * 40, "consumer_secret": "cs_" + "7" * 40},
    )
    first = store(order_of(line()))
    other = store(order_of(line()), second)
    assert (first["state"], other["state"]) == ("ready", "held")
    assert "already stored as an order of Web shop" in other["reason"]
    assert other["reference"] != first["reference"]
