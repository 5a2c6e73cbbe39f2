"""`stockwire why` answers in one screen of 80 by 24, truly and with the next action, in every state."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sync.conftest import time_passes

from stockwire.errors import Refused
from stockwire.simulators.faults import Fault
from stockwire.why_screen import screens


@pytest.fixture
def ask(rehearsal: Any) -> Any:
    """The lines of the screen, in one text with single blanks; each screen is held to 80 by 24."""

    def of(sku: str) -> str:
        from stockwire.hub.sync.why import why

        with rehearsal.hub.scope():
            found = why(rehearsal.channel_id, sku)
        shown = screens(found, 80, 24)
        lines = [line for one in shown for line in one]
        assert len(lines) < 24, "\n".join(lines)
        assert max(map(len, lines)) <= 80, "\n".join(lines)
        return " ".join(" ".join(lines).split())

    return of


def test_it_says_who_brought_a_product_first_and_when_its_stock_changed_and_from_what(
    rehearsal: Any, feed: Any, ask: Any
) -> None:
    feed.send(feed.row("BOLT", OAvailable="12"))
    assert "UTC, by agent of Omni" in ask("BOLT")
    feed.send(feed.row("BOLT", OAvailable="5"))
    assert "5 since 20" in ask("BOLT")
    assert "(was 12)" in ask("BOLT")


def test_waiting_and_sent(feed: Any, push: Any, ask: Any) -> None:
    feed.send(feed.row("BOLT"))
    told = ask("bolt")
    assert "Link not linked: the channel has never confirmed it" in told
    assert "Next link or create it with the next push: active and not yet on the channel" in told
    assert "Last sent nothing was ever confirmed" in told
    assert "title: - -> Item BOLT" in told
    push()
    told = ask("BOLT")
    assert "Next nothing: the channel already shows all of it" in told
    assert "price 115.00" in told
    assert "Would send" not in told


def test_a_code_is_found_however_it_is_spelt_and_an_unknown_one_says_what_is_known_of_it(
    rehearsal: Any, feed: Any, feed_of: Any, ask: Any
) -> None:
    hub = rehearsal.hub
    feed.send(feed.row("Shirt-S"))
    hub.owner.execute("update products set source_product_code = 'Shirt'")
    for spelt in ("SHIRT", " shirt-s ", "Shirt"):
        assert ask(spelt).startswith("Shirt Item Shirt-S on Web shop")
    other = hub.new_source(hub.client_id)
    with hub.scope():
        from stockwire.hub.models import Source

        Source.objects.filter(pk=other).update(description="Omni Durban")
    theirs = feed_of(hub.client_id, other)
    theirs.send(theirs.row("ONLY-THERE"))
    feed.send(feed.row("BAD", SELLINGPRICE1="a lot"))
    for sku, said in (
        ("NONE", "There is no SKU NONE in Omni"),
        ("only-there", "Omni Durban has it"),
    ):
        with pytest.raises(Refused) as refused:
            ask(sku)
        assert said in refused.value.message


def test_a_row_that_cannot_be_used_is_said_to_be_why_there_is_no_such_product(feed: Any, ask: Any) -> None:
    feed.send(feed.row("BAD", EXTRADTLS8="PERHAPS", STOCKCODE="BAD"), feed.row("X" * 120))
    with pytest.raises(Refused) as refused:
        ask("X" * 120)
    assert "cannot be used" in refused.value.message


def test_paused_not_live_and_backing_off(rehearsal: Any, feed: Any, push: Any, ask: Any) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync import operator

    feed.send(feed.row("BOLT"))
    with rehearsal.hub.scope():
        operator.pause(rehearsal.channel_id, "thandi", "stock-take until four")
    assert "Next nothing for now: the channel is paused and waits to be resumed" in ask("BOLT")
    assert "stock-take until four" in ask("BOLT")
    with rehearsal.hub.scope():
        operator.hold_for_preview(Channel.objects.get(pk=rehearsal.channel_id))
    assert "the channel is not live yet" in ask("BOLT")
    with rehearsal.hub.scope():
        operator.go_live(rehearsal.channel_id, "thandi")
    rehearsal.stand.faults.arm(Fault("error_500", times=None))
    push()
    assert "tried again" in ask("BOLT")


def test_refused_by_the_shop_skipped_and_offered_again(
    rehearsal: Any, feed: Any, push: Any, ask: Any
) -> None:
    from stockwire.hub.sync import operator

    feed.send(feed.row("BOLT", SELLINGPRICE1=None))
    push()
    told = ask("BOLT")
    assert "Offered no: it cannot be offered as it is" in told
    assert "Last error BOLT has no price" in told
    assert "Fix " in told
    assert "Next waits for you" in told
    feed.send(feed.row("BOLT"))
    push()
    feed.send(feed.row("BOLT", DESCRIPTION="Another"))
    with rehearsal.hub.scope():
        operator.skip(rehearsal.channel_id, "BOLT", "thandi", "new photo first")
    assert "Next skipped by thandi: new photo first; its next change offers it again" in ask("BOLT")


def test_withdrawn_ruled_out_flagged_and_staying_because_nothing_may_be_deleted(
    rehearsal: Any, feed: Any, push: Any, ask: Any
) -> None:
    from stockwire.hub.sync import belonging

    feed.send(feed.row("BOLT"), feed.row("NUT"))
    push()
    with rehearsal.hub.scope():
        belonging.set_channel_flags(rehearsal.channel_id, {"title": "channel"}, "thandi")
        rules = belonging.read_rules([{"field": "sku", "operator": "not equal", "value": "NUT"}])
        belonging.set_rules(rehearsal.channel_id, rules, "thandi")
    told = ask("NUT")
    assert "Rule rule: sku not equal NUT" in told
    assert "Held back title: flag title of Web shop is channel" in told
    assert "Next take it away with the next push" in told
    feed.send(feed.row("BOLT", EXTRADTLS8="DELETE"))
    assert "Offered no: it is set to DELETE in the source, or gone from it" in ask("BOLT")
    push()
    assert "Link not linked" in ask("BOLT")
    assert "Next nothing: not on the channel" in ask("BOLT")


def test_a_product_with_thirty_variants_and_a_long_text_still_fits(
    rehearsal: Any, feed: Any, push: Any, ask: Any
) -> None:
    from tests.sync.shops import Story, hold

    story = Story(rehearsal.hub, rehearsal.stand, rehearsal.channel_id, None, dict)  # type: ignore[arg-type]
    variants = {f"SHIRT-{n:02}": (f"Size {n} " + "very " * 8, n) for n in range(30)}
    hold(story, "SHIRT", variants, names=("Size",), body_html="<p>" + "long " * 300 + "</p>")
    told = ask("SHIRT")
    assert "more: `stockwire plan` shows them" in told
    push()
    assert "30 of 30 variants linked" in ask("SHIRT")
    assert "each of its 30 variants by itself" in ask("SHIRT")
    assert "price 100.00" in ask("shirt-07")


def test_a_creation_whose_end_nobody_knows_says_so(rehearsal: Any, feed: Any, ask: Any) -> None:
    feed.send(feed.row("BOLT"))
    rehearsal.hub.owner.execute("update stale set creating_since = now()")
    assert "nobody knows how that ended" in ask("BOLT")


def test_an_sku_of_two_products_gets_half_the_screen_for_each(
    rehearsal: Any, feed: Any, push: Any, ask: Any
) -> None:
    feed.send(feed.row("BOLT"), feed.row("bolt"))
    push()
    time_passes(rehearsal)
    told = ask("BOLT")
    assert told.count("Offered") == 2
    assert told.count("Next") == 2
