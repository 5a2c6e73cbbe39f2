"""A customer file into a channel: accounts of the source as people who buy there. Omni offers no list of its
customers, so a person brings them.

Passwords are hashed before they reach a table and are in no report, no log and no audit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter
from pathlib import Path

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from stockwire.domain.cells import Wrong
from stockwire.domain.customer_rows import ADDRESS, CustomerColumns, CustomerRow
from stockwire.domain.product_rows import RowResult
from stockwire.errors import Refused
from stockwire.files.table import Table, Unreadable, open_table
from stockwire.hub import tenancy
from stockwire.hub.models import Channel, Customer, CustomerAddress, Order, OrderState
from stockwire.hub.sync.audit_rows import AuditRow, note_all
from stockwire.hub.sync.source_names import not_sent

BATCH = 200
Changes = dict[str, tuple[str | None, str | None]]
UNCHECKED = (
    "Whether Omni has this account cannot be known from here: Omni offers no list of its customers."
    " The first order says."
)


@dataclass(frozen=True, slots=True)
class Options:
    """`ignore_new` must be off to add anybody. A dry run writes nothing."""

    who: str
    dry_run: bool = False
    ignore_new: bool = False


@dataclass(slots=True)
class Counts:
    """`confirmed` are accounts of the file that Omni has raised an order for already, `unknown_names` what is
    to be said of price lists and warehouses that no product of the source has."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    skipped: int = 0
    problems: int = 0
    confirmed: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    unknown_names: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Hold:
    """As Hold of import_products: how far an import is that may be broken off and go on."""

    after: int = 0
    counts: Counts = field(default_factory=Counts)
    settle: Callable[[list[RowResult], Counts, int], None] = lambda results, counts, last: None


def import_customers(
    client_id: int,
    channel_id: int,
    file: Path,
    options: Options,
    *,
    report: Callable[[RowResult], None] = lambda result: None,
    progress: Callable[[int], None] = lambda rows: None,
    hold: Hold | None = None,
) -> Counts:
    """Import a CSV or XLSX file into a channel; its source is the channel's. Raises Refused when the file
    cannot be used at all. Not to be called inside a scope."""
    hold = hold or Hold()
    with tenancy.scope(client_id):
        channel = Channel.objects.filter(pk=channel_id).first()
        if channel is None:
            raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
        padded = _padded(channel)
    with open_table(file) as table:
        try:
            columns = CustomerColumns(table.header)
        except Wrong as wrong:
            raise Refused(wrong.message, hint=wrong.fix) from None
        counts = replace(hold.counts, unknown_columns=columns.unknown)
        rows = (row for row in _read(table, columns, padded) if row.number > hold.after)
        names = _Names(channel)
        while batch := list(islice(rows, BATCH)):
            results, counts = _store(names, batch, options, counts, hold)
            for result in results:
                report(result)
            progress(counts.rows)
    return counts


def _padded(channel: Channel) -> dict[str, str]:
    """What a spreadsheet leaves of account codes that begin with noughts, and those codes; not what is the
    code of another account. Inside an open scope."""
    there = Customer.objects.filter(channel=channel).values_list("source_customer_code", flat=True)
    codes = there.filter(source_customer_code__regex="^0+[1-9][0-9]*$")
    bare = {code.lstrip("0"): code for code in codes}
    for code in there.filter(source_customer_code__in=list(bare)):
        del bare[code]
    return bare


def _read(
    table: Table, columns: CustomerColumns, padded: dict[str, str]
) -> Iterator[CustomerRow | RowResult]:
    seen: dict[str, int] = {}
    for number, cells in table.rows:
        if isinstance(cells, Unreadable):
            yield RowResult(number, "", "problem", message=cells.message, fix=cells.fix)
            continue
        try:
            row = columns.read(number, cells)
            if (first := seen.setdefault(row.code, number)) != number:
                raise Wrong(f"{row.code} is in row {first} already.", "Keep one of the two rows.")
            if row.code in padded:
                raise Wrong(
                    f"{row.code} is here as {padded[row.code]}: a spreadsheet takes noughts away.",
                    "Mark the column of codes as text when you open the file in a spreadsheet.",
                )
            if row.password:
                validate_password(row.password)
        except Wrong as wrong:
            code = columns.code_of(cells)
            yield RowResult(number, code, "problem", message=wrong.message, fix=wrong.fix)
        except ValidationError as error:
            said = " ".join(error.messages)
            yield RowResult(number, row.code, "problem", message=said, fix="Choose another password.")
        else:
            yield row


class _Names:
    """Price lists and warehouses that rows name: each is looked for once. What has not come in yet may still
    come, so that is said and never refused (docs/adr/0024)."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._said: dict[tuple[str, str], str] = {}

    def learn(self, rows: Sequence[CustomerRow]) -> None:
        """Inside an open scope."""
        for kind, column in (("tiers", "price_tier"), ("warehouses", "warehouse")):
            for name in {row.texts.get(column, "") for row in rows}:
                if name and (kind, name) not in self._said:
                    said = not_sent(self.channel.source_id, **{kind: [name]})
                    self._said[kind, name] = " ".join(said)

    def of(self, row: CustomerRow) -> list[str]:
        """A sentence for each name in the row that no product has."""
        asked = (("tiers", row.texts.get("price_tier", "")), ("warehouses", row.texts.get("warehouse", "")))
        return [said for one in asked if (said := self._said.get(one))]

    @property
    def said(self) -> list[str]:
        return sorted({said for said in self._said.values() if said})[:20]


def _counted(before: Counts, results: Sequence[RowResult], confirmed: int, names: _Names) -> Counts:
    """The counts with these rows."""
    of = Counter(result.outcome for result in results)
    return replace(
        before,
        rows=before.rows + len(results),
        added=before.added + of["add"],
        updated=before.updated + of["update"],
        skipped=before.skipped + of["skipped"],
        problems=before.problems + of["problem"],
        confirmed=before.confirmed + confirmed,
        unknown_names=sorted({*before.unknown_names, *names.said})[:20],
    )


def _store(
    names: _Names,
    batch: Sequence[CustomerRow | RowResult],
    options: Options,
    counts: Counts,
    hold: Hold,
) -> tuple[list[RowResult], Counts]:
    channel = names.channel
    rows = [row for row in batch if isinstance(row, CustomerRow)]
    codes = [row.code for row in rows]
    with tenancy.scope(channel.client_id):
        stored = Customer.objects.filter(channel=channel, source_customer_code__in=codes)
        before = {one.source_customer_code: one for one in stored}
        raised = Order.objects.filter(
            source_id=channel.source_id, source_customer_code__in=codes, state=OrderState.RAISED
        )
        known = set(raised.values_list("source_customer_code", flat=True))
        names.learn(rows)
    # A hash takes its time on purpose, so none is made while rows are locked.
    hashes = {row.code: _hash(row, before.get(row.code), options) for row in rows if row.password}
    audit: list[AuditRow] = []
    results = [row for row in batch if isinstance(row, RowResult)]
    confirmed = 0
    with tenancy.scope(channel.client_id):
        locked = stored.select_for_update().prefetch_related("addresses")
        there = {one.source_customer_code: one for one in locked}
        for row in rows:
            customer = there.get(row.code)
            if customer is None and options.ignore_new:
                message = f"{row.code} is new; new customers are ignored."
                results.append(RowResult(row.number, row.code, "skipped", message=message))
                continue
            confirmed += row.code in known
            said = " ".join([*names.of(row), *([] if row.code in known else [UNCHECKED])])
            new = customer is None
            customer = customer or Customer(
                client_id=channel.client_id,
                channel=channel,
                source_id=channel.source_id,
                source_customer_code=row.code,
            )
            changes = _apply(customer, row, hashes.get(row.code), write=not options.dry_run, new=new)
            outcome = "add" if new else "update" if changes else "nothing"
            results.append(RowResult(row.number, row.code, outcome, changes, said))
            if changes or new:
                old = {name: value for name, (value, _) in changes.items()}
                audit.append(
                    AuditRow(row.code, None if new else old, {n: v for n, (_, v) in changes.items()})
                )
        if not options.dry_run:
            note_all(channel.client_id, options.who, "customer imported", audit)
        results.sort(key=attrgetter("number"))
        counts = _counted(counts, results, confirmed, names)
        hold.settle(results, counts, batch[-1].number)
    return results, counts


def _apply(customer: Customer, row: CustomerRow, password: str | None, *, write: bool, new: bool) -> Changes:
    """What the row changes of a customer; done, too, if `write`."""
    changes: Changes = {}
    for name, text in row.texts.items():
        _set(customer, name, text, name, changes)
    for name, flag in row.flags.items():
        _set(customer, name, flag, name, changes)
    addresses = [] if new else [one for one in customer.addresses.all() if one.position == 1]
    address = addresses[0] if addresses else CustomerAddress(client_id=customer.client_id, position=1)
    before = len(changes)
    for name in ADDRESS:
        if name in row.address:
            _set(address, name, row.address[name], f"address1.{name}", changes)
    if password is not None:
        changes["password"] = ("(another)" if customer.password else None, "(set)")
        customer.password = password
    if write and (new or changes):
        if new:
            customer.username = _username(customer)
        customer.modified_at = timezone.now()
        customer.save()
        if len(changes) > before or new:
            address.customer = customer
            address.save()
    return changes


def _set(
    row: Customer | CustomerAddress, name: str, value: str | bool, column: str, changes: Changes
) -> None:
    before = getattr(row, name)
    if before == value:
        return
    setattr(row, name, value)
    changes[column] = (str(before) if before not in ("", None) else None, str(value))


def _hash(row: CustomerRow, before: Customer | None, options: Options) -> str | None:
    """A hash of the row's password, None when it is the one the customer has."""
    if before is not None and before.password and check_password(row.password, before.password):
        return None
    return "dry run" if options.dry_run else make_password(row.password)


def _username(customer: Customer) -> str:
    """Made once, of the account code: it is what a customer signs in with."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", customer.source_customer_code.lower()).strip("-.") or "customer"
    wanted, number = plain, 1
    while Customer.objects.filter(username__iexact=wanted).exists():
        number += 1
        wanted = f"{plain}-{number}"
    return wanted
