"""Locations and publications of the shop: asked for once, then remembered for a while."""

from __future__ import annotations

from typing import Any

from stockwire.connectors.shopify.items import number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import LOCATIONS, PUBLICATIONS
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import NotSetUp


def default_location(line: Line, settings: ShopifySettings) -> str:
    """Id of the location of the one quantity. Raises NotSetUp when the shop has no active one."""
    if settings.location_id:
        return settings.location_id
    facts, now_s = line.api.facts, line.api.now().timestamp()
    if not facts.location or not facts.is_fresh("location", now_s):
        active = [row for row in locations(line) if row.get("isActive")]
        if not active:
            raise NotSetUp(
                "The shop has no active location to keep stock at.",
                hint="Add or activate one in the shop under Settings > Locations.",
            )
        # The oldest one; selling online is what tells the main location from a counter.
        active.sort(key=lambda row: (not row.get("fulfillsOnlineOrders"), int(number(row["id"]))))
        facts.location = number(active[0]["id"])
        facts.asked_at["location"] = now_s
    return facts.location


def locations(line: Line) -> list[dict[str, Any]]:
    return list(line.run(LOCATIONS).root("locations")["nodes"])


def publications(line: Line, settings: ShopifySettings) -> list[str]:
    """Ids of the sales channels new products are put on. Raises NotSetUp naming one the shop has not."""
    facts, now_s = line.api.facts, line.api.now().timestamp()
    if not facts.publications or not facts.is_fresh("publications", now_s):
        nodes = line.run(PUBLICATIONS).root("publications")["nodes"]
        facts.publications = {
            str((node.get("catalog") or {}).get("title") or number(node["id"])): number(node["id"])
            for node in nodes
        }
        facts.asked_at["publications"] = now_s
    wanted = [name.strip() for name in settings.publish_to.split(",") if name.strip()]
    if wanted == ["*"]:
        return list(facts.publications.values())
    by_name = {name.casefold(): code for name, code in facts.publications.items()}
    missing = [name for name in wanted if name.casefold() not in by_name]
    if missing:
        raise NotSetUp(
            f"The shop has no sales channel {missing[0]!r}; it has "
            f"{', '.join(facts.publications) or 'none'}.",
            hint="Correct publish_to, or switch on hide_product_enabled to create products unpublished.",
        )
    return [by_name[name.casefold()] for name in wanted]
