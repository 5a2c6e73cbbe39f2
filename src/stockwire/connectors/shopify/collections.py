"""Manual collections by name: found by their handle, which no search index delays, or made."""

from __future__ import annotations

from stockwire.connectors.shopify.items import number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import COLLECTION, COLLECTION_CREATE, Write, together
from stockwire.connectors.shopify.refusals import user_errors
from stockwire.connectors.shopify.translate import handle_of
from stockwire.errors import Refused


def collection_of(line: Line, title: str) -> str:
    """Id of the collection with this name, which is made when the shop has none. Raises Refused."""
    title = title.strip()
    known = line.api.facts.collections
    if title in known:
        return known[title]
    handle = handle_of(title)
    if not handle:
        raise Refused(
            f"The collection {title!r} has a name that no address can be made of.",
            hint="Give it letters or digits in the source.",
        )
    found = line.run(COLLECTION, {"handle": handle}).root("collectionByIdentifier")
    if not found:
        given = {"input": {"title": title, "handle": handle}}
        payload = line.run(*together("CreateCollection", [Write(COLLECTION_CREATE, given)])).root("w0")
        if errors := user_errors(payload):
            raise Refused(
                f"The shop refused the collection {title!r}: {errors[0].message}",
                hint="Make it in the shop by hand, with exactly this name.",
                detail=errors[0].detail,
            )
        found = payload["collection"]
    known[title] = number(found["id"])
    return known[title]
