"""Templates applied to products, segments of people, and an audit that only grows and lets go of the oldest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from stockwire.domain.segments import segment
from stockwire.errors import Refused

ATTRIBUTES = [{"name": "colour", "required": True}, {"name": "litres", "type": "number", "default": "5"}]


@pytest.fixture
def products(hub: Any, tmp_path: Path) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    hub.new_channel(api_url="https://shop.example", consumer_key="ck_1", consumer_secret="cs_1")
    file = tmp_path / "products.csv"
    file.write_text(
        "source_product_code,source_variant_code,title,meta_Colour\nRED,RED,Red paint,red\nTIN,TIN,Tin,\n"
    )
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    hub.owner.execute("truncate stale, audit")


def meta(hub: Any) -> list[tuple[Any, ...]]:
    return hub.rows(
        "select p.source_product_code, m.key, m.value, m.template_name from product_meta m"
        " join products p on p.id = m.product_id order by 1, 2"
    )


def test_applying_a_template_adds_its_attributes_and_stamps_them(hub: Any, products: None) -> None:
    from stockwire.hub.sync.templates import apply_template, lacking, set_template, templates_of

    with hub.scope():
        set_template(hub.client_id, "Paint", ATTRIBUTES, "thandi")
        assert apply_template(hub.client_id, hub.source_id, "Paint", [], "thandi") == 2
        assert apply_template(hub.client_id, hub.source_id, "Paint", [], "thandi") == 0
    assert meta(hub) == [
        ("RED", "Colour", "red", "Paint"),
        ("RED", "litres", "5", "Paint"),
        ("TIN", "colour", "", "Paint"),
        ("TIN", "litres", "5", "Paint"),
    ]
    assert hub.rows("select count(*) from stale") == [(2,)]
    with hub.scope():
        assert [(code, one.attribute) for code, one in lacking(hub.source_id)] == [("TIN", "colour")]
        ids = [row[0] for row in hub.rows("select id from products")]
        assert {name.name for found in templates_of(ids).values() for name in found} == {"Paint"}


def test_a_changed_template_looks_at_its_products_anew_and_a_removed_one_requires_nothing(
    hub: Any, products: None
) -> None:
    from stockwire.hub.sync.templates import apply_template, lacking, remove_template, set_template

    with hub.scope():
        set_template(hub.client_id, "Paint", ATTRIBUTES, "thandi")
        apply_template(hub.client_id, hub.source_id, "Paint", ["TIN"], "thandi")
    hub.owner.execute("truncate stale")
    with hub.scope():
        set_template(hub.client_id, "Paint", [{"name": "litres", "type": "number"}], "thandi")
        assert lacking(hub.source_id) == []
    assert hub.rows("select count(*) from stale") == [(1,)]
    with hub.scope():
        remove_template(hub.client_id, "Paint", "thandi")
        with pytest.raises(Refused, match="no template"):
            apply_template(hub.client_id, hub.source_id, "Paint", [], "thandi")
        with pytest.raises(Refused, match="dropdown has choices"):
            set_template(hub.client_id, "Paint", [{"name": "x", "type": "dropdown"}], "thandi")
    rows = hub.rows("select action, subject, before, after from audit order by id")
    assert [row[0] for row in rows] == [
        "template set",
        "template applied",
        "product changed",
        "template set",
        "template removed",
    ]
    assert rows[2][1:] == ("TIN", None, {"template": "Paint", "meta_colour": "", "meta_litres": "5"})
    assert rows[3][2:] == (
        {"colour": "string; required", "litres": "number; default 5"},
        {"litres": "number"},
    )


def test_an_attribute_that_a_template_requires_is_required_still_when_a_file_or_an_agent_takes_it_away(
    hub: Any, feed: Any, products: None, tmp_path: Path
) -> None:
    from stockwire.hub.sync.import_products import Options, import_products
    from stockwire.hub.sync.templates import apply_template, lacking, set_template

    with hub.scope():
        set_template(hub.client_id, "Paint", ATTRIBUTES[:1], "thandi")
        apply_template(hub.client_id, hub.source_id, "Paint", ["RED"], "thandi")
        assert lacking(hub.source_id) == []
    file = tmp_path / "gone.csv"
    file.write_text("source_product_code,source_variant_code,delete_meta\nRED,RED,Colour\n")
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    assert meta(hub)[:1] == [("RED", "Colour", "", "Paint")]
    with hub.scope():
        assert [(code, one.attribute) for code, one in lacking(hub.source_id)] == [("RED", "colour")]
    hub.owner.execute("update product_meta set value = 'red' where key = 'Colour'")
    hub.owner.execute(
        'update sources set settings = settings || \'{"deactivate_productmeta_prefix_csv": "Col"}\''
    )
    feed.send(feed.row("RED", DESCRIPTION="Red paint"))
    assert meta(hub)[:1] == [("RED", "Colour", "", "Paint")]
    hub.owner.execute("truncate stale")
    feed.send(feed.row("RED", DESCRIPTION="Red paint"))
    assert hub.rows("select count(*) from stale") == [(0,)], "blank already"


def test_a_second_segment_of_the_same_field_takes_the_place_of_the_first(hub: Any) -> None:
    from stockwire.hub.setting_up import add_user
    from stockwire.hub.sync.segments import person, remove_segment, segments_of, set_segment

    add_user(hub.client_id, "sipho", "tall grass moves slowly")
    with hub.scope():
        of = person(user="SIPHO")
        for value in ("Bosch", "Makita"):
            set_segment(of, segment("products", "vendor", "equal", value), "thandi")
        assert [str(one) for one in segments_of(of)] == ["vendor equal Makita"]
        remove_segment(of, "products", "vendor", "thandi")
        assert segments_of(of) == []
        for wrong in ({"user": "nobody"}, {}, {"user": "a", "customer": "b"}):
            with pytest.raises(Refused):
                person(**wrong)
    rows = hub.rows("select before, after from audit where action = 'segment set' order by id")
    assert rows[1] == ({"products": "vendor equal Bosch"}, {"products": "vendor equal Makita"})


def test_the_audit_is_kept_400_days_and_nobody_can_shorten_that(hub: Any, postgres: Any) -> None:
    from stockwire.hub.sync.audit_trail import Asked, entries, prune

    for days in (1, 399, 401, 500):
        hub.owner.execute(
            "insert into audit (client_id, at, who, action, subject) values"
            " (%s, now() - make_interval(days => %s), 'thandi', 'x', %s)",
            [hub.client_id, days, f"{days} days"],
        )
    assert prune() == 2
    with hub.scope():
        assert [one.subject for one in entries(Asked())] == ["1 days", "399 days"]
        assert [one.subject for one in entries(Asked(subject="399", who="THANDI"))] == ["399 days"]
    with psycopg.connect(postgres.app, autocommit=True) as app:
        for sql in ("delete from audit", "update audit set who = 'x'", "truncate audit"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(sql)


def test_pruning_goes_by_the_index_in_batches_and_keeps_nobody_from_writing(hub: Any, postgres: Any) -> None:
    hub.owner.execute(
        "insert into audit (client_id, at, who, action, subject)"
        " select %s, now() - make_interval(days => n %% 500), 'thandi', 'x', n from generate_series(1, 5000) n",
        [hub.client_id],
    )
    hub.owner.execute("analyze audit")
    [(source,)] = hub.rows("select prosrc from pg_proc where proname = 'stockwire_prune_audit'")
    plan = "\n".join(
        row[0] for row in hub.rows("explain " + source.replace(" most)", " 100)").strip().rstrip(";"))
    )
    assert "Index Scan using audit_oldest on audit" in plan or "Index Only Scan using audit_oldest" in plan
    with psycopg.connect(postgres.app) as pruning, psycopg.connect(postgres.app) as other:
        gone = pruning.execute("select stockwire_prune_audit(100)").fetchone()
        # Its transaction is open still: nobody waits for it, neither to read nor to write.
        other.execute("set lock_timeout = '5s'")
        other.execute("select set_config('stockwire.client', %s, false)", [str(hub.client_id)])
        other.execute(
            "insert into audit (client_id, who, action, subject) values (%s, 'sipho', 'y', 'z')",
            [hub.client_id],
        )
        assert other.execute("select count(*) from audit").fetchone() == (5001,)
        other.commit()
        pruning.commit()
    assert gone == (100,)
    assert hub.rows("select count(*) from audit where subject = 'z'") == [(1,)]


def test_old_entries_are_let_go_of_every_night(hub: Any) -> None:
    from stockwire.hub import jobs

    assert any(
        task.task.name == "prune_audit" and task.cron == "40 2 * * *"
        for task in jobs.app.periodic_registry.periodic_tasks.values()
    )
    hub.owner.execute(
        "insert into audit (client_id, at, who, action, subject)"
        " select %s, now() - interval '401 days', 'thandi', 'x', n from generate_series(1, 25000) n",
        [hub.client_id],
    )
    jobs.prune_audit(0)
    assert hub.rows("select count(*) from audit") == [(0,)]


def test_what_an_agent_changes_is_in_the_audit_with_before_and_after_but_for_quantities(
    hub: Any, feed: Any
) -> None:
    feed.send(feed.row("BOLT", DESCRIPTION="Bolt"), feed.row("NUT"), feed.row("PUMP"))
    assert changes_by_agents(hub) == [], "what is new stands with the product"
    feed.send(
        feed.row("BOLT", DESCRIPTION="Bolt 8 mm", SELLINGPRICE1="13.50"),
        feed.row("NUT", OAvailable="77"),
        feed.row("PUMP", EXTRADTLS8="DELETE"),
        feed.row("NEW"),
    )
    who = f"agent of {hub.rows('select description from sources')[0][0]}"
    assert changes_by_agents(hub) == [
        (who, "BOLT", {"title": "Bolt", "price": "115.0000"}, {"title": "Bolt 8 mm", "price": "13.5000"}),
        (who, "PUMP", {"active": "true"}, {"active": "false"}),
    ]
    feed.send(removed=["NUT", "PUMP"])
    assert changes_by_agents(hub)[2:] == [(who, "NUT", {"active": "true"}, {"active": "false"})]


def changes_by_agents(hub: Any) -> list[Any]:
    return list(
        hub.rows("select who, subject, before, after from audit where action = 'product changed' order by id")
    )


def listed(hub: Any, **asked: Any) -> list[tuple[str, str, str]]:
    from stockwire.hub.sync.audit_trail import Asked, entries

    with hub.scope():
        return [(one.who, one.action, one.subject) for one in entries(Asked(**asked))]


def test_when_a_product_came_first_and_who_brought_it_is_listed_without_a_row_of_its_own(
    hub: Any, feed: Any, tmp_path: Path
) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    feed.send(feed.row("BOLT"), feed.row("NUT"))
    assert hub.rows("select count(*) from audit") == [(0,)], "a first load costs nothing"
    file = tmp_path / "products.csv"
    file.write_text("source_product_code,source_variant_code,title\nSAW,SAW,Saw\n")
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    feed.send(feed.row("BOLT", DESCRIPTION="Bolt 8 mm"), feed.row("SAW", DESCRIPTION="Bow saw"))
    agent = "agent of Omni Accounts"
    assert listed(hub, subject="BOLT") == [
        (agent, "product changed", "BOLT"),
        (agent, "product created", "BOLT"),
    ]
    assert listed(hub, subject="SAW", action="product created") == [], (
        "its import tells it, with all it was given"
    )
    assert listed(hub, who="agent", action="product created") == [
        (agent, "product created", "NUT"),
        (agent, "product created", "BOLT"),
    ]
    assert hub.rows("select source_product_code, created_by from products order by 1") == [
        ("BOLT", agent),
        ("NUT", agent),
        ("SAW", "thandi"),
    ]


def test_the_pages_of_the_audit_leave_nothing_out_and_show_nothing_twice(hub: Any, feed: Any) -> None:
    from stockwire.hub.sync.audit_trail import Asked, entries

    feed.send(*(feed.row(f"ITEM-{n}") for n in range(7)))
    feed.send(*(feed.row(f"ITEM-{n}", DESCRIPTION="Another") for n in range(7)))
    hub.owner.execute("update audit set at = (select min(created_at) from products)")
    with hub.scope():
        whole = entries(Asked())
        pages, after = [], ""
        while page := entries(Asked(), 3, after):
            pages += page
            after = page[-1].place
        with pytest.raises(Refused, match="no place"):
            entries(Asked(), 3, "yesterday")
    assert len(whole) == 14
    assert pages == whole


def test_options_and_attributes_that_an_agent_changes_or_no_longer_sends_are_in_the_audit(
    hub: Any, feed_of: Any
) -> None:
    source_id = hub.new_source(
        hub.client_id,
        group_column="Style",
        option1_name="Size",
        option1_column="Size",
        deactivate_productmeta_prefix_csv="extra",
    )
    feed = feed_of(hub.client_id, source_id)
    feed.send(feed.row("SHIRT-S", Style="SHIRT", Size="S", EXTRADTLS1="cotton"))
    feed.send(feed.row("SHIRT-S", Style="SHIRT", Size="Small", EXTRADTLS1=""))
    assert [row[1:] for row in changes_by_agents(hub)] == [
        ("SHIRT", {"meta_extradtls1": "cotton"}, {"meta_extradtls1": None}),
        ("SHIRT-S", {"option1_value": "S"}, {"option1_value": "Small"}),
    ]


def test_products_that_a_person_lets_go_are_each_in_the_audit(hub: Any, feed: Any) -> None:
    from stockwire.hub.sync.deactivations import confirm

    feed.send(*(feed.row(f"ITEM-{n}") for n in range(60)))
    feed.send(*(feed.row(f"ITEM-{n}", EXTRADTLS8="DELETE") for n in range(50)))
    assert changes_by_agents(hub) == []
    with hub.scope():
        confirm(hub.source_id, "thandi")
    rows = hub.rows("select who, before, after from audit where action = 'product changed' order by id")
    assert len(rows) == 50
    assert set(map(str, rows)) == {str(("thandi", {"active": "true"}, {"active": "false"}))}
