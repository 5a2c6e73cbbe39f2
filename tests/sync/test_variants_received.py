"""Rows of a group become one product with variants, whatever batches they come in, and leave no orphans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import SHOP

SIZES = {"group_column": "Style", "option1_name": "Size", "option1_column": "Size"}


@pytest.fixture
def sizes(hub: Any, feed_of: Callable[..., Any]) -> Any:
    """The feed of a source that groups its rows, with a shop behind it."""
    hub.source_id = hub.new_source(hub.client_id, **SIZES)
    hub.new_channel(**SHOP)
    return feed_of(hub.client_id, hub.source_id)


def row(
    feed: Any, code: str, style: str = "SHIRT", size: str = "M", **over: str | None
) -> dict[str, str | None]:
    return dict(feed.row(code, **{"DESCRIPTION": "Shirt", "Style": style, "Size": size, **over}))


def held(hub: Any) -> dict[str, tuple[bool, list[str], dict[str, list[str]]]]:
    """Product code to (active, option names, active variants with their option values)."""
    found = hub.rows(
        """select p.source_product_code, p.active, p.option_names,
            (select coalesce(json_object_agg(v.source_variant_code, v.option_values), '{}') from variants v
             where v.product_id = p.id and v.active)
        from products p order by 1"""
    )
    return {code: (active, names, variants) for code, active, names, variants in found}


def clear_marks(hub: Any) -> None:
    hub.owner.execute("delete from stale")


def marked(feed: Any) -> set[str]:
    return {code for _, code, _ in feed.marks()}


def test_rows_of_one_group_are_one_product_in_one_batch_and_over_several(hub: Any, sizes: Any) -> None:
    received = sizes.send(row(sizes, "S-M"), row(sizes, "S-L", size="L"), row(sizes, "BOLT", "", ""))
    assert (received.products, received.changed) == (3, 2)
    sizes.send(row(sizes, "S-S", size="S"), row(sizes, "NUT", "", ""))
    assert held(hub) == {
        "BOLT": (True, [], {"BOLT": []}),
        "NUT": (True, [], {"NUT": []}),
        "SHIRT": (True, ["Size"], {"S-M": ["M"], "S-L": ["L"], "S-S": ["S"]}),
    }
    assert marked(sizes) == {"BOLT", "NUT", "SHIRT"}
    assert sizes.item("S-S")["prices"] == {"retail": "115.0000"}


def test_what_belongs_to_the_product_is_what_the_row_says_that_came_last(hub: Any, sizes: Any) -> None:
    sizes.send(
        row(sizes, "S-Z", size="Z", DESCRIPTION="First", EXTRADTLS1="a"),
        row(sizes, "S-A", size="A", DESCRIPTION="Second", EXTRADTLS1="b"),
    )
    assert (sizes.item("S-Z")["title"], sizes.item("S-Z")["meta"]) == ("Second", {"extradtls1": "b"})
    sizes.send(row(sizes, "S-Z", size="Z", DESCRIPTION="Third", EXTRADTLS1="c"))
    assert (sizes.item("S-A")["title"], sizes.item("S-A")["meta"]) == ("Third", {"extradtls1": "c"})


def test_unchanged_rows_of_a_group_write_and_mark_nothing_and_one_option_marks_its_product(
    hub: Any, sizes: Any
) -> None:
    shirts = [row(sizes, "S-M"), row(sizes, "S-L", size="L")]
    sizes.send(*shirts)
    clear_marks(hub)
    assert sizes.send(*shirts).changed == 0
    assert marked(sizes) == set()
    assert sizes.send(shirts[0], {**shirts[1], "Size": "XL"}).changed == 1
    assert held(hub)["SHIRT"][2] == {"S-M": ["M"], "S-L": ["XL"]}
    assert marked(sizes) == {"SHIRT"}


def test_a_simple_product_that_gets_a_group_code_moves_and_both_are_looked_at(hub: Any, sizes: Any) -> None:
    sizes.send(row(sizes, "S-M", "", ""), row(sizes, "S-L", "", ""))
    ids = dict(hub.rows("select source_variant_code, id from variants"))
    clear_marks(hub)
    hub.owner.execute("insert into stale (client_id, channel_id, product_id) select 1, 1, id from products")
    assert sizes.send(row(sizes, "S-M")).changed == 2
    assert held(hub) == {
        "S-L": (True, [], {"S-L": []}),
        "S-M": (False, [], {}),
        "SHIRT": (True, ["Size"], {"S-M": ["M"]}),
    }
    assert dict(hub.rows("select source_variant_code, id from variants")) == ids
    versions = {code: version for _, code, version in sizes.marks()}
    assert versions == {"S-L": 1, "S-M": 2, "SHIRT": 1}


def test_a_variant_that_loses_its_group_code_is_a_product_again_and_an_empty_group_goes(
    hub: Any, sizes: Any
) -> None:
    sizes.send(row(sizes, "S-M"), row(sizes, "S-L", size="L"))
    clear_marks(hub)
    sizes.send(row(sizes, "S-M", "", ""))
    assert held(hub) == {"S-M": (True, [], {"S-M": []}), "SHIRT": (True, ["Size"], {"S-L": ["L"]})}
    assert marked(sizes) == {"S-M", "SHIRT"}
    sizes.send(row(sizes, "S-L", "", ""))
    assert held(hub)["SHIRT"] == (False, ["Size"], {})
    sizes.send(row(sizes, "S-L", size="L"))
    assert held(hub)["SHIRT"] == (True, ["Size"], {"S-L": ["L"]})
    assert held(hub)["S-L"] == (False, [], {})


def test_a_variant_goes_alone_and_the_last_one_takes_the_product_along(hub: Any, sizes: Any) -> None:
    sizes.send(row(sizes, "S-M"), row(sizes, "S-L", size="L"), *(row(sizes, f"N{n}", "") for n in range(9)))
    clear_marks(hub)
    assert sizes.send(row(sizes, "S-M", EXTRADTLS8="DELETE")).changed == 1
    assert held(hub)["SHIRT"] == (True, ["Size"], {"S-L": ["L"]})
    assert marked(sizes) == {"SHIRT"}
    assert sizes.send(removed=["S-L"]).changed == 1
    assert held(hub)["SHIRT"] == (False, ["Size"], {})
    sizes.send(row(sizes, "S-L", size="L"))
    assert held(hub)["SHIRT"] == (True, ["Size"], {"S-L": ["L"]})
    assert sizes.send(row(sizes, "S-M")).changed == 1
    assert held(hub)["SHIRT"] == (True, ["Size"], {"S-L": ["L"], "S-M": ["M"]})


def test_so_many_variants_at_once_wait_for_a_person_though_no_product_would_be_left_without_one(
    hub: Any, sizes: Any
) -> None:
    from stockwire.hub.sync import deactivations

    shirts = [row(sizes, f"S-{n}", f"SHIRT{n % 30}", str(n)) for n in range(120)]
    sizes.send(*shirts)
    going = [{**shirt, "EXTRADTLS8": "DELETE"} for shirt in shirts[:60]]
    sizes.send(*going[:20])
    sizes.send(*going[20:])
    assert sum(len(variants) for _, _, variants in held(hub).values()) == 100
    assert hub.rows("select count(*) from held_deactivations") == [(40,)]
    with hub.scope():
        deactivations.confirm(hub.source_id, "thandi")
    assert sum(len(variants) for _, _, variants in held(hub).values()) == 60
    assert all(active for active, _, _ in held(hub).values())


def test_flags_of_the_source_keep_what_is_the_hubs_own_from_an_agents_rows_too(hub: Any, sizes: Any) -> None:
    sizes.send(row(sizes, "S-M"))
    for field in ("title", "options", "price.retail"):
        hub.owner.execute(
            "insert into flags (client_id, source_id, field, owner, description) values (%s, %s, %s, 'system', '')",
            [hub.client_id, hub.source_id, field],
        )
    sizes.send(row(sizes, "S-M", size="XL", DESCRIPTION="Other", SELLINGPRICE1="1", OAvailable="3"))
    item = sizes.item("S-M")
    assert (item["title"], item["prices"], item["quantities"]) == (
        "Shirt",
        {"retail": "115.0000"},
        {"": "3.0000"},
    )
    assert held(hub)["SHIRT"] == (True, ["Size"], {"S-M": ["M"]})


def test_a_source_that_says_nothing_of_options_leaves_those_that_are_there(hub: Any, feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    hub.owner.execute("update products set option_names = '{Length}'")
    hub.owner.execute("update variants set option_values = '{40 mm}'")
    feed.send(feed.row("BOLT", DESCRIPTION="Other"))
    assert held(hub) == {"BOLT": (True, ["Length"], {"BOLT": ["40 mm"]})}


@pytest.mark.parametrize("text", ["a\tb", "a\\b", "a\nb", "a\r\nb", "\\N", '{"', "'", "\\.", "é€"])
def test_texts_reach_the_tables_as_they_are_whatever_is_in_them(hub: Any, sizes: Any, text: str) -> None:
    sizes.send(row(sizes, "S-M", size=f"x{text}x", DESCRIPTION=f"x{text}x", EXTRADTLS1=f"x{text}x"))
    item = sizes.item("S-M")
    assert (item["title"], item["meta"]) == (f"x{text}x", {"extradtls1": f"x{text}x"})
    assert held(hub)["SHIRT"][2] == {"S-M": [f"x{text}x"]}


def test_a_problem_that_is_over_is_forgotten_though_its_row_named_no_code(feed: Any) -> None:
    line = "A row without STOCKCODE was left out. It begins: 'Nut'."
    feed.send(problems=[["", line, "Fix it."], ["", "Another.", "Fix it."]])
    feed.send(settled=[["", line]])
    assert feed.problems() == [("", "Another.")]
