"""Which documents an order becomes: one for each source that has items of it, paired with what is stored.

Until something was sent, an order is divided anew each time it comes. From then on every line stays with the
document it was given to, and the order gets no further document by itself. Only reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from stockwire.domain.order_split import Part, split
from stockwire.domain.records import Order
from stockwire.domain.totals import Proof, money
from stockwire.hub import models
from stockwire.hub.sync.order_rows import text
from stockwire.hub.sync.shape_order import Taken
from stockwire.registry import source_connector


@dataclass(frozen=True, slots=True)
class OrderPart:
    """One document of an order, as it is to be stored. `row` is what is stored of it, `number` which of the
    `of` documents it is, `order` what it holds of the whole, `proof` that of the whole. `emptied` says that
    nothing is left of it. `problem` and `fix` say what holds it back."""

    row: models.Order | None
    source: models.Source
    number: int
    of: int
    order: Order
    variants: list[int | None]
    proof: Proof
    problem: str = ""
    fix: str = ""
    emptied: bool = False


def divide(channel: models.Channel, rows: Sequence[models.Order], taken: Taken) -> list[OrderPart]:
    """`rows` are the documents of this order that are stored, by number; inside an open scope.

    The first of the answer carries delivery and fees, unless the rows already say otherwise.
    """
    sources, leading = list(taken.sources), None
    if any(row.claim for row in rows):
        leading = _carrier(channel, rows)
        sources = _as_sent(rows, taken, leading)
    home = channel.source_id
    of_home = _codes_of(channel.source) if set(sources) | {leading or home} != {home} else frozenset()
    found = split(taken.order, sources, home, leading=leading, of_home=of_home)
    known = _sources(channel, {*taken.sources, *sources, *(row.source_id for row in rows)})
    pairs = _paired(rows, found.parts, taken.order)
    fresh = max((row.part for row in rows), default=0)
    divided = []
    for row, part in pairs:
        fresh += row is None
        emptied = row is not None and part not in found.parts
        problem, fix = (taken.problem, taken.fix) if taken.problem else _problem(taken, part, known)
        if not problem and found.difference and len(found.parts) > 1:
            problem, fix = _off(taken.order, found.difference)
        divided.append(
            OrderPart(
                row=row,
                source=known[part.source],
                number=row.part if row else fresh,
                of=len(found.parts),
                order=part.order,
                variants=[taken.variants[at] for at in part.lines],
                proof=taken.proof,
                problem=problem,
                fix=fix,
                emptied=emptied,
            )
        )
    return divided


def _paired(
    rows: Sequence[models.Order], parts: Sequence[Part], order: Order
) -> list[tuple[models.Order | None, Part]]:
    """By source; a row whose source has no item any more is given to a source that has none yet. What is left
    over has nothing in it."""
    by_source = {row.source_id: row for row in rows}
    pairs: list[tuple[models.Order | None, Part]] = [
        (by_source.pop(part.source, None), part) for part in parts
    ]
    spare = list(by_source.values())
    for at, (row, part) in enumerate(pairs):
        if row is None and spare:
            pairs[at] = (spare.pop(0), part)
    nothing = replace(
        order, lines=(), shipping_lines=(), discounts=(), total=Decimal(0), total_tax=Decimal(0)
    )
    return pairs + [(row, Part(row.source_id, nothing, ())) for row in spare]


def _carrier(channel: models.Channel, rows: Sequence[models.Order]) -> int:
    """The source whose document carries delivery: it stays so, whatever else changes."""
    carrying = models.OrderShippingLine.objects.filter(order__in=rows).values_list("order_id", flat=True)
    carriers = set(carrying)
    ranked = sorted(
        rows, key=lambda row: (row.pk not in carriers, row.source_id != channel.source_id, row.part)
    )
    return int(ranked[0].source_id)


def _as_sent(rows: Sequence[models.Order], taken: Taken, leading: int) -> list[int]:
    """Per line of what is taken, the source of the document that has it already. A line that is new goes to
    the document of its source, or with the rest of the order where there is none."""
    exact: dict[tuple[str, str], int] = {}
    by_code: dict[str, set[int]] = {}
    stored = models.OrderLine.objects.filter(order__in=rows).order_by("order__part", "position")
    for code, sku, source in stored.values_list("channel_line_code", "sku", "order__source_id"):
        exact.setdefault((code, sku), source)
        by_code.setdefault(code, set()).add(source)
    there = {row.source_id for row in rows}
    sources = []
    for line, source in zip(taken.order.lines, taken.sources, strict=True):
        code = text(line.channel_line_code, 100)
        found = exact.get((code, text(line.sku, 100)))
        if found is None and code and len(by_code.get(code, ())) == 1:
            (found,) = by_code[code]
        sources.append(found or (source if source in there else leading))
    return sources


def _problem(taken: Taken, part: Part, known: dict[int, models.Source]) -> tuple[str, str]:
    """A line stays where it was sent, but meanwhile it is known to be an item of another source."""
    for at in part.lines:
        if taken.variants[at] is not None and taken.sources[at] != part.source:
            here, elsewhere = known[part.source].description, known[taken.sources[at]].description
            return (
                f"Order {taken.order.number}: {taken.order.lines[at].sku.strip()} is an item of {elsewhere};"
                f" this document is raised in {here}.",
                f"Capture that part in {elsewhere} by hand and cancel it here, or release it if {here} knows"
                " it too.",
            )
    return "", ""


def _off(order: Order, difference: Decimal) -> tuple[str, str]:
    off = money(order.currency, abs(difference))
    return (
        f"Order {order.number}: its documents together would come to {off}"
        f" {'more' if difference > 0 else 'less'} than its lines, because the shop states amounts of less"
        " than a cent.",
        "Let the shop round each line to cents, or release it if that difference is right.",
    )


def _codes_of(source: models.Source) -> frozenset[str]:
    """Params that override a setting of this source and name a code of its company: an account, a warehouse,
    a VAT code. They mean nothing in another."""
    fields = source_connector(source.type).settings.model_fields
    params = (name.removeprefix("param_") for name in fields if name.startswith("param_"))
    return frozenset(name for name in params if "code" in name.split("_"))


def _sources(channel: models.Channel, wanted: set[int]) -> dict[int, models.Source]:
    others = wanted - {channel.source_id}
    found = models.Source.objects.in_bulk(others) if others else {}
    return {channel.source_id: channel.source, **found}
