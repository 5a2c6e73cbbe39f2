"""The documents of one order, one per source, and where the order stands as a whole. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from stockwire.hub.models import Order, OrderState

# An order stands where the document does that needs somebody most; it is raised when all of them are. What
# was cancelled by itself no longer counts.
FARTHEST_FIRST = (
    OrderState.IN_DOUBT,
    OrderState.REFUSED,
    OrderState.HELD,
    OrderState.RAISING,
    OrderState.READY,
    OrderState.SAVED,
    OrderState.RAISED,
    OrderState.CANCELLED,
)


def documents_of(row: Order) -> list[Order]:
    """All documents of this one's order, itself among them, by number; inside an open scope."""
    return documents_of_all([row]).get(row.pk, [row])


def documents_of_all(rows: Sequence[Order]) -> dict[int, list[Order]]:
    """By the id of each of these rows, the documents of its order; only of orders that have several."""
    placed = [row for row in rows if row.channel_id is not None]
    if not placed:
        return {}
    orders = Order.objects.select_related("channel", "source").filter(
        channel_id__in={row.channel_id for row in placed},
        channel_order_code__in={row.channel_order_code for row in placed},
    )
    together: dict[tuple[int, str], list[Order]] = {}
    for found in orders.order_by("part"):
        together.setdefault((found.channel_id, found.channel_order_code), []).append(found)
    sets = {row.pk: together.get((row.channel_id, row.channel_order_code), []) for row in placed}
    return {pk: documents for pk, documents in sets.items() if len(documents) > 1}


def state_of_all(states: Iterable[str]) -> OrderState:
    """Where an order with documents in these states stands."""
    there: Collection[str] = set(states)
    return next(state for state in FARTHEST_FIRST if state in there)


def which(row: Order, documents: Sequence[Order]) -> str:
    """What to call one document among several: "document 2 of 2, Omni Durban"; "" for the only one."""
    if len(documents) < 2:
        return ""
    place = [document.pk for document in documents].index(row.pk)
    return f"document {place + 1} of {len(documents)}, {documents[place].source.description}"


def standing(documents: Sequence[Order]) -> str:
    """Its state in words; of an order of several documents like "Refused, 1 of 2 documents is raised"."""
    label = str(OrderState(state_of_all(document.state for document in documents)).label)
    states = [document.state for document in documents if document.state != OrderState.CANCELLED]
    raised = states.count(OrderState.RAISED)
    if len(states) < 2 or raised == len(states):
        return label
    return f"{label}, {raised} of {len(states)} documents {'is' if raised == 1 else 'are'} raised"
