"""One order divided among the sources its items belong to: one part, and so one document, for each.

What the customer paid is never changed by it: the parts together are the whole to the cent. Nothing is
guessed here: which source has which item is told by the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from stockwire.domain.records import Discount, Order, OrderLine

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Part:
    """`order` is the whole order as far as this source is concerned; `lines` are the places of its lines in
    the whole."""

    source: int
    order: Order
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """`parts`, the leading one first. `difference` is how far the lines, rounded to cents one by one, are
    from their sum: not zero, the documents together cannot come to what was paid."""

    parts: tuple[Part, ...]
    difference: Decimal = Decimal(0)


def split(
    order: Order,
    sources: Sequence[int],
    home: int,
    *,
    leading: int | None = None,
    of_home: Collection[str] = (),
) -> Split:
    """`sources` says per line whose it is, `home` is the source of the channel, `of_home` are the params that
    name a code of `home` and mean nothing elsewhere.

    Delivery and fees, and every cent that cannot be divided, go to the leading part: `leading` where given,
    else `home` if any item is its own, else the source with the most of the money. An order of one source is
    given back as it is. In one of several, line totals are whole cents.
    """
    wanted = dict.fromkeys(sources)
    if leading is not None:
        wanted.setdefault(leading)
    if len(wanted) < 2:
        source = next(iter(wanted), home)
        return Split((Part(source, _elsewhere(order, source, home, of_home), tuple(range(len(sources)))),))
    lead = leading if leading is not None else _leading(order.lines, sources, home)
    others = sorted(set(wanted) - {lead})
    places = {
        source: tuple(at for at, whose in enumerate(sources) if whose == source) for source in (lead, *others)
    }
    discounts = _discounts(order, places, lead)
    parts = []
    for source in others:
        lines = _lines(order, places[source])
        tax = _cents(sum((line.tax for line in lines), Decimal(0)))
        net = sum((line.total_excl_tax for line in lines), Decimal(0))
        part = replace(
            order,
            lines=lines,
            shipping_lines=(),
            discounts=discounts[source],
            total=net + tax,
            total_tax=tax,
        )
        parts.append(Part(source, _elsewhere(part, source, home, of_home), places[source]))
    first = replace(
        order,
        lines=_lines(order, places[lead]),
        discounts=discounts[lead],
        total=order.total - sum((part.order.total for part in parts), Decimal(0)),
        total_tax=order.total_tax - sum((part.order.total_tax for part in parts), Decimal(0)),
    )
    leader = Part(lead, _elsewhere(first, lead, home, of_home), places[lead])
    return Split((leader, *parts), _difference(order))


def _leading(lines: Sequence[OrderLine], sources: Sequence[int], home: int) -> int:
    """Equal money: the source that was set up first."""
    if home in sources:
        return home
    worth: dict[int, Decimal] = {}
    for line, source in zip(lines, sources, strict=True):
        worth[source] = worth.get(source, Decimal(0)) + line.total_excl_tax + line.tax
    return min(worth, key=lambda source: (-worth[source], source))


def _lines(order: Order, places: Sequence[int]) -> tuple[OrderLine, ...]:
    chosen = (order.lines[at] for at in places)
    return tuple(replace(line, total_excl_tax=_cents(line.total_excl_tax)) for line in chosen)


def _discounts(
    order: Order, places: Mapping[int, Sequence[int]], lead: int
) -> dict[int, tuple[Discount, ...]]:
    """Each discount by what came off the lines of each source. They are only shown: line totals contain
    them already."""
    off = {
        source: sum(
            (
                max(order.lines[at].subtotal_excl_tax - order.lines[at].total_excl_tax, Decimal(0))
                for at in chosen
            ),
            Decimal(0),
        )
        for source, chosen in places.items()
    }
    whole = sum(off.values(), Decimal(0))
    shares: dict[int, list[Discount]] = {source: [] for source in places}
    for discount in order.discounts:
        left = discount.amount_excl_tax
        for source, amount in off.items():
            if source == lead or not (whole and amount):
                continue
            share = _cents(discount.amount_excl_tax * amount / whole)
            left -= share
            shares[source].append(replace(discount, amount_excl_tax=share))
        if left:
            shares[lead].insert(0, replace(discount, amount_excl_tax=left))
    return {source: tuple(found) for source, found in shares.items()}


def _elsewhere(order: Order, source: int, home: int, of_home: Collection[str]) -> Order:
    if source == home:
        return order
    kept = {key: value for key, value in order.params.items() if key.strip().lower() not in of_home}
    return replace(order, params=kept)


def _difference(order: Order) -> Decimal:
    exact = [line.total_excl_tax for line in order.lines]
    exact += [line.total_excl_tax for line in order.shipping_lines]
    return sum(map(_cents, exact), Decimal(0)) - _cents(sum(exact, Decimal(0)))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
