"""Before a channel goes live somebody sees what its shop has already: what is linked, overwritten, made, twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from tests.sync import shops


@pytest.fixture(params=list(shops.SHOPS))
def story(request: pytest.FixtureRequest, hub: Any) -> Iterator[shops.Story]:
    with shops.opened(request.param, hub) as story:
        yield story


def test_a_shop_that_is_in_use_is_matched_before_anything_is_written(story: shops.Story) -> None:
    from stockwire.cli import main
    from stockwire.hub.models import Channel
    from stockwire.hub.sync import operator

    hub = story.hub
    story.staff.add("Bolt by hand", "bolt", "150.00")
    story.staff.add("Nut", "NUT", "100.00")
    story.staff.add("Gift card", "GIFT", "50.00")
    story.staff.copy("NUT")
    with hub.scope():
        operator.hold_for_preview(Channel.objects.get(pk=story.channel_id))
    shops.hold(story, "BOLT", {"BOLT": ("", 9)})
    shops.hold(story, "NUT", {"NUT": ("", 9)})
    shops.hold(story, "SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    writes = story.stand.calls.writes
    tables = ("links", "known", "product_links", "known_products", "audit", "drift_reports")
    words = ["channel", "match", "--client", str(hub.client_id), str(story.channel_id)]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert lines[0] == "The shop lists 4: 0 linked already, 3 found by SKU, 1 not known here."
    assert lines[1] == "Of 3 products that would go out, 2 would be linked and 1 made anew."
    assert lines[2] == "Stand in the shop more than once, correct them first: NUT"
    assert lines[3].startswith("Overwritten there would be: title 2")
    assert lines[4].startswith("Look at: 1 x price falls")
    assert lines[5] == "  bolt price: 150.00 -> 100.00  (price falls by 33%: R150.00 to R100.00)"
    assert story.stand.calls.writes == writes
    assert [story.count(table) for table in tables] == [0] * len(tables)
    with hub.scope():
        assert not Channel.objects.get(pk=story.channel_id).live


def test_what_is_linked_already_is_counted_and_not_compared(story: shops.Story) -> None:
    from stockwire.cli import main

    shops.hold(story, "BOLT", {"BOLT": ("", 9)})
    story.hub.owner.execute("update lanes set next_at = now()")
    story.hub.work("push")
    story.staff.reprice("BOLT", "1.00")
    words = ["channel", "match", "--client", str(story.hub.client_id), str(story.channel_id)]
    assert CliRunner().invoke(main, words).output.splitlines() == [
        "The shop lists 1: 1 linked already, 0 found by SKU, 0 not known here.",
        "Of 0 products that would go out, 0 would be linked and 0 made anew.",
    ]
