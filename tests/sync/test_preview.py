"""What would be sent is shown before it is sent, and it is exactly what is sent then."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import shop

from stockwire.errors import Refused


@pytest.fixture
def preview(rehearsal: Any) -> Callable[..., Any]:
    """What would be sent now; rules as (field, operator, value)."""

    def look(*skus: str, rules: Any = None, **more: Any) -> Any:
        from stockwire.domain.rules import rule
        from stockwire.hub.sync.preview import preview

        draft = None if rules is None else [rule(*one) for one in rules]
        with rehearsal.hub.scope():
            return preview(rehearsal.channel_id, skus, draft, **more)

    return look


def shown(entry: Any) -> dict[str, Any]:
    return {field.name: field.after for field in entry.fields}


def test_the_preview_shows_field_by_field_what_the_next_push_sends(
    rehearsal: Any, feed: Any, push: Any, preview: Any
) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90", OAvailable="7"))
    made = preview()
    assert (made.products, dict(made.counts)) == (1, {"add": 1})
    [entry] = made.entries
    assert {name: str(value) for name, value in shown(entry).items()} == {
        "sku": "BOLT",
        "status": "publish",
        "title": "Item BOLT",
        "price": "13.90",
        "inventory_management": "True",
        "quantity": "7",
    }
    assert shop(rehearsal) == {}
    push()
    assert shop(rehearsal)["BOLT"]["regular_price"] == "13.90"
    assert dict(preview().counts) == {"nothing": 1}


def test_looking_changes_nothing_and_asks_the_shop_nothing(rehearsal: Any, feed: Any, preview: Any) -> None:
    feed.send(feed.row("BOLT"))
    before = rehearsal.hub.rows("select * from stale"), rehearsal.stand.calls.total
    preview()
    assert (rehearsal.hub.rows("select * from stale"), rehearsal.stand.calls.total) == before


def test_the_worst_comes_first_and_is_counted(rehearsal: Any, feed: Any, push: Any, preview: Any) -> None:
    codes = ("A-TITLE", "B-PRICE", "C-STOCK", "D-GONE", "E-SAME")
    feed.send(*(feed.row(code, SELLINGPRICE1="100", OAvailable="5") for code in codes))
    push()
    feed.send(
        feed.row("A-TITLE", SELLINGPRICE1="81", OAvailable="5"),
        feed.row("B-PRICE", SELLINGPRICE1="79", OAvailable="5"),
        feed.row("C-STOCK", SELLINGPRICE1="100", OAvailable="0"),
        feed.row("D-GONE", EXTRADTLS8="DELETE"),
    )
    made = preview()
    assert [entry.code for entry in made.entries] == ["D-GONE", "B-PRICE", "C-STOCK", "A-TITLE"]
    assert dict(made.grave) == {"taken away": 1, "price falls": 1, "stock to zero": 1}
    assert made.entries[1].severity.said == "price falls by 21%: R100.00 to R79.00"
    assert dict(made.counts) == {"nothing": 1, "remove": 1, "update": 3}
    assert [entry.code for entry in preview(shown=2).entries] == ["D-GONE", "B-PRICE"]


def test_a_draft_of_rules_shows_what_it_would_take_away_before_it_is_saved(
    rehearsal: Any, feed: Any, push: Any, preview: Any
) -> None:
    feed.send(feed.row("CHEAP", SELLINGPRICE1="10"), feed.row("DEAR", SELLINGPRICE1="1000"))
    push()
    made = preview(rules=[("price", "greater", "100")])
    assert [(entry.code, entry.action, entry.reason) for entry in made.entries] == [
        ("CHEAP", "remove", "rule: price greater 100; it is 10")
    ]
    assert preview(rules=[("price.vip", "empty", "")]).said == [
        "No product has the price list vip yet. There are: retail."
    ]
    assert dict(preview().counts) == {"nothing": 2}
    push()
    assert set(shop(rehearsal)) == {"CHEAP", "DEAR"}


def test_one_sku_is_looked_at_in_any_case_and_an_unknown_one_is_named(
    rehearsal: Any, feed: Any, preview: Any
) -> None:
    feed.send(feed.row("BOLT-M8"), feed.row("NUT"))
    assert [entry.code for entry in preview(" bolt-m8").entries] == ["BOLT-M8"]
    with pytest.raises(Refused) as refused:
        preview("BOLT-M9")
    assert "There is no SKU BOLT-M9" in refused.value.message


def test_a_product_that_cannot_go_out_is_shown_with_its_reason_and_fix(feed: Any, preview: Any) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1=None))
    made = preview()
    assert dict(made.counts) == {"problem": 1}
    assert "BOLT has no price in the price list 'retail'" in made.entries[0].problem
    assert "selling price in Omni" in made.entries[0].hint


def test_the_preview_goes_through_json_without_losing_a_cent(feed: Any, preview: Any) -> None:
    from stockwire.hub.sync.preview import as_json

    feed.send(feed.row("BOLT", SELLINGPRICE1="13.9"))
    told = json.loads(json.dumps(as_json(preview())))
    [entry] = told["entries"]
    assert {one["field"]: one["after"] for one in entry["fields"]}["price"] == "13.90"
    assert {one["field"]: one["owner"] for one in entry["fields"]} == {
        "sku": "source",
        "status": "system",
        "title": "source",
        "price": "system",
        "inventory_management": "source",
        "quantity": "system",
    }


def test_a_new_channel_can_be_planned_before_anything_is_sent_and_then_goes_live(
    rehearsal: Any, feed: Any, push: Any, preview: Any
) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync import operator
    from stockwire.hub.sync.why import why

    with rehearsal.hub.scope():
        operator.hold_for_preview(Channel.objects.get(pk=rehearsal.channel_id))
    feed.send(feed.row("BOLT"))
    rehearsal.hub.owner.execute("update lanes set next_at = now()")
    push()
    assert shop(rehearsal) == {}
    assert dict(preview().counts) == {"add": 1}
    with rehearsal.hub.scope():
        [answer] = why(rehearsal.channel_id, "BOLT")
    assert answer.next_action.startswith("nothing for now: the channel is not live yet")
    assert preview().waits.startswith("the channel is not live yet")
    with rehearsal.hub.scope(), pytest.raises(Refused) as refused:
        operator.resume(rehearsal.channel_id, "thandi")
    assert "go-live" in refused.value.hint
    with rehearsal.hub.scope():
        operator.go_live(rehearsal.channel_id, "thandi")
    push()
    assert set(shop(rehearsal)) == {"BOLT"}
    with rehearsal.hub.scope(), pytest.raises(Refused):
        operator.go_live(rehearsal.channel_id, "thandi")


def test_why_answers_with_rule_flag_last_sent_last_error_and_next_action(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    from stockwire.hub.sync import belonging
    from stockwire.hub.sync.why import as_json, why

    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90", OAvailable="7"))
    push()
    with rehearsal.hub.scope():
        belonging.set_channel_flags(rehearsal.channel_id, {"title": "channel"}, "thandi")
        belonging.set_rules(rehearsal.channel_id, belonging.read_rules(
            [{"field": "price", "operator": "greater", "value": "10"}]
        ), "thandi")  # fmt: skip
    feed.send(feed.row("BOLT", SELLINGPRICE1=None, OAvailable="6"))
    with rehearsal.hub.scope():
        [found] = why(rehearsal.channel_id, "bolt")
    assert found.offered == "no: a rule of the channel keeps it out"
    assert found.rule == "rule: price greater 10; it is empty"
    assert ("title", "flag title of Web shop is channel") in found.withheld
    owners = {one.field: (one.owner, one.reason) for one in found.owners}
    assert owners["title"] == ("channel", "flag title of Web shop is channel")
    assert owners["vendor"] == ("system", "Web shop has no flag for vendor, so system")
    assert "sku" not in owners
    assert found.next_action.startswith("take it away with the next push")
    assert [(one.name, one.value) for one in found.last_sent] == [
        ("inventory_management", True),
        ("price", "13.90"),
        ("quantity", 7),
    ]
    assert json.loads(json.dumps(as_json(found)))["link"].startswith("product ")


def test_why_says_what_waits_for_a_person_and_the_fix(rehearsal: Any, feed: Any, push: Any) -> None:
    from stockwire.hub.sync.why import why

    feed.send(feed.row("BOLT", SELLINGPRICE1=None))
    push()
    with rehearsal.hub.scope():
        [found] = why(rehearsal.channel_id, "BOLT")
    assert found.link == "not linked: the channel has never confirmed it"
    assert "BOLT has no price" in found.last_error
    assert "selling price" in found.last_hint
    assert found.next_action.startswith("waits for you")


def test_a_product_that_lacks_what_its_template_requires_waits_for_a_person_and_goes_once_it_has_it(
    rehearsal: Any, feed: Any, push: Any, preview: Any
) -> None:
    from stockwire.hub.sync.templates import apply_template, set_template

    feed.send(feed.row("BOLT"), feed.row("NUT"))
    hub = rehearsal.hub
    with hub.scope():
        required = [{"name": "grade", "required": True}, {"name": "finish", "default": "zinc"}]
        set_template(hub.client_id, "Fasteners", required, "thandi")
        apply_template(hub.client_id, hub.source_id, "Fasteners", ["BOLT"], "thandi")
    assert dict(preview().counts) == {"add": 1, "problem": 1}
    push()
    assert set(shop(rehearsal)) == {"NUT"}
    [(message, hint)] = hub.rows("select message, hint from stale where state = 'needs_you'")
    assert message == "BOLT: attribute grade is blank, and the template Fasteners requires it."
    assert hint == "Fill in grade."
    hub.owner.execute("update product_meta set value = '8.8' where key = 'grade'")
    hub.owner.execute("update stale set state = 'waiting', next_at = now()")
    hub.owner.execute("update lanes set next_at = now()")
    push()
    assert set(shop(rehearsal)) == {"BOLT", "NUT"}


def test_python_looks_for_garbage_again_after_a_plan_even_one_that_failed(
    rehearsal: Any, feed: Any, preview: Any
) -> None:
    feed.send(feed.row("BOLT"))
    preview()
    assert gc.isenabled()
    from stockwire.hub import garbage

    def fails() -> None:
        with garbage.not_looked_for():
            assert not gc.isenabled()
            with garbage.not_looked_for():
                pass
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert gc.isenabled()


def test_what_a_push_would_pass_over_is_not_said_to_be_sent(
    rehearsal: Any, feed: Any, push: Any, preview: Any
) -> None:
    from stockwire.hub.sync import operator

    feed.send(feed.row("BOLT"), feed.row("NUT"), feed.row("SAW"))
    push()
    feed.send(*(feed.row(code, SELLINGPRICE1="10.00") for code in ("BOLT", "NUT", "SAW")))
    rehearsal.hub.owner.execute(
        "update stale set state = 'needs_you', message = 'Refused.', hint = 'Look.' where product_id ="
        " (select id from products where source_product_code = 'NUT')"
    )
    with rehearsal.hub.scope():
        operator.skip(rehearsal.channel_id, "BOLT", "thandi", "new photo first")
    made = preview()
    assert dict(made.counts) == {"skipped": 1, "needs_you": 1, "update": 1}
    assert dict(made.grave) == {"price falls": 1}, "what does not go does not fall"
    assert [(entry.code, entry.waits[:24]) for entry in made.entries] == [
        ("SAW", ""),
        ("BOLT", "skipped by thandi: new p"),
        ("NUT", "waits for you: do what t"),
    ]
    before = rehearsal.stand.calls.total
    push()
    assert rehearsal.stand.calls.total > before
    assert {code: row["regular_price"] for code, row in shop(rehearsal).items()} == {
        "BOLT": "115.00",
        "NUT": "115.00",
        "SAW": "10.00",
    }
    # Rules that are saved offer everything again, so a draft of them shows everything.
    assert dict(preview(rules=[("price", "greater", "1")]).counts) == {"update": 2, "nothing": 1}


def test_a_channel_to_which_nothing_goes_now_says_why(rehearsal: Any, feed: Any, preview: Any) -> None:
    from stockwire.hub.sync import operator
    from stockwire.hub.sync.preview import as_json

    feed.send(feed.row("BOLT"))
    assert preview().waits == ""
    with rehearsal.hub.scope():
        operator.pause(rehearsal.channel_id, "thandi", "stock-take")
    told = as_json(preview())
    assert told["waits"] == "the channel is paused and waits to be resumed: Paused by thandi: stock-take"


def test_the_owner_of_a_field_that_a_flag_keeps_for_the_hub_is_the_system_and_the_flag_is_named(
    rehearsal: Any, feed: Any, preview: Any
) -> None:
    from stockwire.hub.sync import belonging

    feed.send(feed.row("BOLT"))
    with rehearsal.hub.scope():
        belonging.set_source_flags(rehearsal.hub.source_id, {"title": "system"}, "thandi")
    feed.send(feed.row("BOLT", DESCRIPTION="Another"))
    told = {field.name: (field.after, field.owner, field.reason) for field in preview().entries[0].fields}
    assert told["title"] == (
        "Item BOLT",
        "system",
        "the hub's own: flag title of Omni Accounts is system",
    )
    assert told["inventory_management"][1:] == ("source", "from the source")


def test_the_few_that_cannot_go_out_come_before_the_many_that_can(feed: Any, preview: Any) -> None:
    feed.send(*(feed.row(f"A-{n}") for n in range(30)), feed.row("Z-WRONG", SELLINGPRICE1=None))
    made = preview(shown=2)
    assert [entry.code for entry in made.entries] == ["Z-WRONG", "A-0"]
