"""Customers of a channel in the columns of the import's template, in order. Passwords never leave the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stockwire.domain.customer_rows import ADDRESS, CODE, COLUMNS, PERSON, TRADE
from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.models import Channel, Customer, CustomerAddress
from stockwire.hub.sync.export_products import Export

FETCH = 1_000


@contextmanager
def export_customers(client_id: int, channel_id: int, *, terms: bool = False) -> Iterator[Export]:
    """To be read inside the context: the template's columns, with `terms` each customer's own price list and
    warehouse after them. Raises Refused when there is no such channel."""
    with tenancy.scope(client_id):
        if not Channel.objects.filter(pk=channel_id).exists():
            raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
        more = TRADE if terms else ()
        yield Export([*COLUMNS, *more], _rows(channel_id, more))


def _rows(channel_id: int, more: tuple[str, ...]) -> Iterator[list[str | None]]:
    customers = Customer.objects.filter(channel_id=channel_id).order_by("source_customer_code")
    for customer in customers.prefetch_related("addresses").iterator(FETCH):
        address = next(
            (one for one in customer.addresses.all() if one.position == 1), CustomerAddress(customer=customer)
        )
        yield [
            *(getattr(customer, name) for name in (CODE, *PERSON)),
            _flag(customer.accepts_marketing),
            customer.note,
            _flag(customer.send_email_invite),
            None,
            None,
            *(getattr(address, name) for name in ADDRESS),
            *(getattr(customer, name) for name in more),
        ]


def _flag(value: bool) -> str:
    return "TRUE" if value else "FALSE"
