"""Batches: rows of create, update and delete in one call, each answered in its own place.

A batch answers 200 even when every row failed, and its rows are not checked like single calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Shop

Row = Callable[[Any], Json]
# ASSUMPTION: the rows a "partial" fault makes fail carry WordPress's own database errors; no such failure
# was recorded.
WRITE_FAILED = ApiError(500, "db_update_error", "Could not update post in the database.")
INSERT_FAILED = ApiError(500, "db_insert_error", "Could not insert post into the database.")


def run(shop: Shop, call: Call, *, create: Row, update: Row, delete: Row) -> Answer:
    """Work through the rows. Raises 413 when there are more than the limit in total."""
    sent = call.document()
    rows = [(verb, row) for verb in ("create", "update", "delete") for row in sent.get(verb) or []]
    limit = shop.options.batch_limit
    if len(rows) > limit:
        raise ApiError(
            413,
            "woocommerce_rest_request_entity_too_large",
            f"Unable to accept more than {limit} items for this request.",
        )
    answers: Json = {}
    to_fail = call.fault_items
    for verb, row in rows:
        number = (0 if verb == "create" else row.get("id") if isinstance(row, dict) else row) if row else None
        try:
            if to_fail > 0:
                to_fail -= 1
                raise INSERT_FAILED if verb == "create" else WRITE_FAILED
            done = {"create": create, "update": update, "delete": delete}[verb](row)
        except ApiError as error:
            done = {"id": number, "error": error.body()}
        answers.setdefault(verb, []).append(done)
    return Answer(answers or [], items=len(rows))


def number_of(row: Any) -> Any:
    """The id of an update row, None when it has none that counts."""
    return row.get("id") if isinstance(row, dict) else None
