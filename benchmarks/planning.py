"""Planning a catalogue for one channel, marking what changed, and one product's preview. No shop is involved.

The hub's own code runs in this process over a real PostgreSQL with a generated catalogue.
"""

from __future__ import annotations

import time
from statistics import median

from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from benchmarks.hub import Hub

NAMES = (
    "plan_products_per_s",
    "plan_empty_products_per_s",
    "mark_stale_statements",
    "mark_stale_s",
    "preview_one_ms",
)
CATALOGUE = """
    with p as (
        insert into products
            (client_id, source_id, source_product_code, active, title, body_html, collection, vendor)
        select %(client)s, %(source)s, 'SKU-' || n, true, 'Hex bolt M' || n, '<p>Zinc plated, class 8.8</p>',
            'Fasteners', 'Karoo' from generate_series(1, %(items)s) n returning id, source_product_code
    ), v as (
        insert into variants (client_id, source_id, product_id, source_variant_code, sku, barcode, grams)
        select %(client)s, %(source)s, id, source_product_code, source_product_code, '6001234567890', 120
        from p returning id, product_id
    ), t as (
        insert into price_tiers (client_id, variant_id, tier, price)
        select %(client)s, v.id, tier, 100 + v.id %% 900 from v, unnest(array['retail', 'trade', 'vip']) tier
    ), q as (
        insert into quantities (client_id, variant_id, warehouse, quantity)
        select %(client)s, v.id, warehouse, v.id %% 50 from v, unnest(array['JHB', 'CPT']) warehouse
    ) insert into product_meta (client_id, product_id, key, value)
    select %(client)s, p.id, key, 'zinc' from p, unnest(array['finish', 'grade']) key
"""


def measure(sizes: Sizes, say: Say) -> Figures:
    with Hub(say) as hub:
        say(f"A catalogue of {sizes.items:,} products")
        hub.owner.execute(CATALOGUE, {**hub.ids, "items": sizes.items})
        hub.owner.execute("analyze")
        found = _planning(hub, sizes, say)
        found |= _marking(hub, say)
        found |= _one(hub, say)
    return found


def _planning(hub: Hub, sizes: Sizes, say: Say) -> Figures:
    from stockwire.hub.sync.belonging import read_rules
    from stockwire.hub.sync.preview import preview

    say("Rules and flags as a real channel has them")
    with hub.scope():
        rules = read_rules(
            [
                {"field": "collection", "operator": "lookup", "value": "Fasteners,Tools"},
                {"field": "price.trade", "operator": "greater", "value": "0"},
            ]
        )
    rates = {}
    for name, action in (("first", "add"), ("again", "nothing")):
        if name == "again":
            _confirm_everything(hub)
        say(f"Planning all of them, {name}")
        with hub.scope():
            began, processor = time.perf_counter(), time.process_time()
            made = preview(hub.ids["channel"], rules=rules)
            seconds, own = time.perf_counter() - began, time.process_time() - processor
        if made.counts[action] != sizes.items:
            raise Wrong(f"{sizes.items} products should {action}, and the plan says {made.counts}")
        rates[name] = (sizes.items / seconds, sizes.items / own)
    return {
        "plan_products_per_s": Figure(
            round(rates["first"][0]),
            "products/s",
            f"{sizes.items:,} products read from PostgreSQL and planned for one channel in one process, two"
            " rules, three price lists, two warehouses, two attributes;"
            f" {rates['first'][1]:,.0f} per second of its own processor time, the rest is PostgreSQL's",
            limit=10_000,
            at_most=False,
        ),
        "plan_empty_products_per_s": Figure(
            round(rates["again"][0]),
            "products/s",
            "the same when the channel shows all of it already;"
            f" {rates['again'][1]:,.0f} per second of its own processor time",
            limit=10_000,
            at_most=False,
        ),
    }


def _confirm_everything(hub: Hub) -> None:
    """As after a push that was confirmed whole, by the hub's own rule of what is then known."""
    from stockwire.hub.models import Channel
    from stockwire.hub.sync import known
    from stockwire.hub.sync.changes import changes_of
    from stockwire.hub.sync.preview import AT_ONCE, all_product_ids
    from stockwire.hub.sync.snapshot import planned
    from stockwire.ports import Done, Link

    with hub.scope():
        channel = Channel.objects.get(pk=hub.ids["channel"])
        ids = all_product_ids(channel)
        for start in range(0, len(ids), AT_ONCE):
            done = [
                (one, change, Done(Link(f"{one.product_id}")))
                for one in planned(channel.pk, ids[start : start + AT_ONCE])
                for change in changes_of(one)
            ]
            known.save(hub.ids["client"], channel.pk, done)
    hub.owner.execute("analyze")


def _marking(hub: Hub, say: Say) -> Figures:
    from stockwire.hub.sync.stale import mark_products

    say("Marking 10,000 changed products")
    changed = [row[0] for row in hub.owner.execute("select id from products order by id limit 10000")]
    with hub.scope(), hub.statements() as statements:
        began = time.perf_counter()
        marked = mark_products(changed, "a benchmark")
        seconds = time.perf_counter() - began
    if marked != len(changed):
        raise Wrong(f"{len(changed)} products changed and {marked} were marked")
    return {
        "mark_stale_statements": Figure(
            sum("into stale" in one for one in statements),
            "statements",
            "statements that mark 10,000 changed products stale, for all channels of their source together",
            limit=1,
        ),
        "mark_stale_s": Figure(round(seconds, 2), "s", "time of it, waking the lanes included", limit=2),
    }


def _one(hub: Hub, say: Say) -> Figures:
    from stockwire.hub.sync.preview import preview

    say("Preview of one product")
    times = []
    for number in range(1, 41):
        with hub.scope():
            began = time.perf_counter()
            preview(hub.ids["channel"], [f"SKU-{number * 7}"])
            times.append((time.perf_counter() - began) * 1000)
    worst = sorted(times)[int(len(times) * 0.95) - 1]
    return {
        "preview_one_ms": Figure(
            round(worst, 1),
            "ms",
            f"preview of one product among all of them, p95 of {len(times)}; median {median(times):.1f} ms",
            limit=50,
        )
    }
