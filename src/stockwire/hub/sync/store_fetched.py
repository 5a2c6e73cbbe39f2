"""Keep an order that was fetched from its source by number: the head of the document and nothing more (O14).

It is stored once, says of itself that it was fetched, and holds no stock. It gives way as soon as the order
it is a copy of comes from its channel, so that it can never make the hub raise that order a second time.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from stockwire import wire
from stockwire.hub import models
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync import order_history
from stockwire.hub.sync.order_rows import text
from stockwire.ports import DocumentHeader
from stockwire.registry import source_connector

ZONE = ZoneInfo("Africa/Johannesburg")


def store_fetched(source: models.Source, told: wire.Fetched, who: str) -> tuple[models.Order, str]:
    """The order with this document, new or as it was, and what to tell the person. Inside an open scope."""
    connector = source_connector(source.type)
    header = connector.open(source.read_settings(connector.settings)).header(told.header)
    named = Q(reference=text(told.reference, 40)) | Q(document_number=text(told.number, 60))
    row = models.Order.objects.select_for_update().filter(named, source=source).order_by("pk").first()
    if row is None:
        return _store_new(source, told, header, who)
    if row.fetched_at is None:
        return row, _is_ours(row, told)
    if row.document and row.document.get("resource") != told.resource:
        kind = row.document["resource"]
        return row, f"{row.number} is stored as a {kind}; the {told.resource} of that number is not stored."
    _fill(row, told, header)
    row.save()
    order_history.note(row, order_history.UPDATED, f"Fetched again from Omni by {who}.", row.document)
    return row, f"{told.resource} {row.number} was fetched before; its header is up to date now."


def give_way(copy: models.Order | None) -> str:
    """Forget a fetched copy, inside an open scope: its order itself comes now, and is found in the source
    under the same reference. Returns what to note of it, "" when there was none."""
    if copy is None:
        return ""
    assert copy.fetched_at is not None, "only a copy gives way"
    copy.delete()
    return f"It had been fetched from Omni as {copy.number} before."


def _store_new(
    source: models.Source, told: wire.Fetched, header: DocumentHeader, who: str
) -> tuple[models.Order, str]:
    now = timezone.now()
    row = models.Order(
        client_id=source.client_id,
        source=source,
        reference=text(told.reference, 40),
        state=OrderState.RAISED,
        raised_at=now,
        confirmed_at=now,
        stock_released_at=now,
        fetched_at=now,
    )
    _fill(row, told, header)
    row.save(force_insert=True)
    order_history.note(
        row,
        order_history.STORED,
        f"Fetched from Omni by {who}: the header of {told.resource} {row.number}, without lines.",
        row.document,
    )
    return row, f"{told.resource} {row.number} is stored with its header only."


def _fill(row: models.Order, told: wire.Fetched, header: DocumentHeader) -> None:
    """What the document's head says. A date of the document is a day in South Africa."""
    row.number = row.document_number = text(told.number or told.reference, 60)
    row.source_customer_code = text(header.source_customer_code, 100)
    row.customer_name = text(header.customer_name, 300)
    row.currency = text(header.currency, 10)
    dated = row.fetched_at or timezone.now()
    if header.dated is not None:
        dated = datetime.combine(header.dated, time(), ZONE).astimezone(UTC)
    row.ordered_at = row.modified_at = dated
    row.document = {
        "resource": told.resource,
        "reference": told.reference,
        "header": {text(key): text(value) for key, value in told.header.items()},
    }


def _is_ours(row: models.Order, told: wire.Fetched) -> str:
    where = row.channel.description if row.channel else "a channel"
    said = f"{told.resource} {told.number} is order {row.number} of {where}, which is stored already."
    if row.state == OrderState.RAISED:
        return said
    label = OrderState(row.state).label.lower()
    return f"{said} The order is {label} here although the document exists: send it again, and it is found."
